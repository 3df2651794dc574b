"""What a program asks of its modules by name, class or place, so that a fix may change the answer.

Most of it is looked for in the text of the files, for no other program needs to be understood to
see that a name is taken.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from qlint.fixes.imports import meaning
from qlint.semantics.names import NN
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qlint.fixes.source import Source

# `block.scale = 2`, `self.body.scale.data`, but not the method of `x.add(y)`.
_ATTRIBUTE = re.compile(
    r"(?:(?<!\w)(?=\w)|(?=[)\]]))(?=(\w+|[)\]])\s*\.\s*([A-Za-z_]\w*)\b(?!\s*\())"
)
_METHOD = re.compile(r"\bdef\s+([A-Za-z_]\w*)\s*\(\s*self\b")
# Where these stand, a text may be the name of an attribute: `hasattr(m, "scale")`, `n == "scale"`.
_ASKS_NAME = re.compile(
    r"\b(?:has|get|set|del)attr\(|getattr__|setattr__|__dict__|\bvars\(|_modules\b|\bnamed_\w+\("
    r"|get_submodule\("
)
# `"scale" in name`, `name.startswith("scale")`, `re.search("scale", name)`.
_PART = re.compile(
    r"""["'](\w+)["']\s+(?:not\s+)?in\b"""
    r"""|\.(?:startswith|endswith|find|search|match|fullmatch)\(\s*[(rf]*["']\W*(\w+)"""
)
_SHORTEST_PART = 3  # every name has some of fewer letters
_TEXT = re.compile(r"""["']([A-Za-z_]\w*)["']""")
_HOOK = re.compile(
    r"(\.\s*)?(\w+|[)\]])\s*\.\s*register_(?:forward|full_backward|backward)\w*hook\b"
)
_CLASS_GIVEN = re.compile(r"\.__class__\s*=(?!=)\s*(?:\w+\.)*(\w+)([^\n]*)")
# `Skip.forward` that is no call, but for `Skip.forward(self, x)` in a class derived from that.
_BORROWED = re.compile(r"\b(?!super\b)([A-Z]\w*)\.forward\b(?!\s*\(\s*self\b)")
_REPLACED = re.compile(r"\b([A-Z]\w*)\.(?:__init__|forward)\s*=(?!=)")
# Of functions, by the names that these go by, nothing is changed.
_SIGNATURE = re.compile(
    r"\b(?:signature|getfullargspec|getargspec)\((?!\s*(?:\w+\.)*(?:fn|func|function|f|method|hook"
    r"|callback|\w*forward\w*)\s*[,)])|__code__"
)
_SWAPS = re.compile(
    r"\bsetattr\(|__setattr__\(|_modules\[|\.add_module\(|set_submodule\(|__dict__"
    r"|\.(?:forward|__class__)\s*=(?!=)"
)
# `m.inplace = True` for modules of others, and by a name.
_WORKS_IN_PLACE = re.compile(
    r"""(?<!\bself)\.inplace\s*=(?!=)(?!\s*False\b)|\bsetattr\([^,\n]+,\s*["']inplace["']"""
    r"""|\bin\s*[(\[{][^)\]}\n]*["']inplace["']"""
)
_ASKS_CLASS = re.compile(r"\bisinstance\(|\btype\(|__class__")
_OF_NN = re.compile(r"\bnn\.([A-Z]\w*)")
THIS = frozenset({"self", "cls"})
# What torch's functions are read from, as a rule.
_NO = THIS | {"torch", "F", "functional", "operator", "np", "math", "nn"}
_EQUAL = frozenset({"is", "==", "is not", "!="})
_IN = frozenset({"in", "not in"})


class Program:
    """All linted files together; of some that do not matter otherwise there is only the text."""

    def __init__(self, sources: Sequence[Source], others: Sequence[str]) -> None:
        self._sources = sources
        self._others = others

    @property
    def _texts(self) -> Iterator[str]:
        yield from (each.text for each in self._sources)
        yield from self._others

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of attributes that are given or read from outside of a class, or asked for."""
        found: set[str] = set()
        for source in self._sources:
            for receiver, name in _ATTRIBUTE.findall(source.text):
                if receiver not in THIS and receiver not in source.imported:
                    found.add(name)
        for text in self._others:
            found.update(name for receiver, name in _ATTRIBUTE.findall(text) if receiver not in _NO)
        delegates = any("def __getattr__" in text for text in self._texts)
        for text in self._texts:
            if _ASKS_NAME.search(text):
                found.update(_TEXT.findall(text))
            if delegates:  # to the methods of other objects
                found.update(_METHOD.findall(text))
        return frozenset(found)

    def found(self, pattern: re.Pattern[str]) -> Iterator[Any]:
        """What the group of a pattern matches anywhere, or a tuple of them if it has several."""
        yield from (found for text in self._texts for found in pattern.findall(text))

    @cached_property
    def parts_of_names(self) -> frozenset[str]:
        """What it asks the names of modules to contain, or to begin or end with."""
        return frozenset(
            part
            for text in self._texts
            if _ASKS_NAME.search(text)
            for parts in _PART.findall(text)
            for part in parts
            if len(part) >= _SHORTEST_PART
        )

    @cached_property
    def _hooked(self) -> frozenset[str]:
        """The attributes that hooks are hung on, empty for what may be any of them.

        What hangs hooks on all modules alike, by a parameter or a loop, hangs them on new ones too.
        """
        return frozenset(
            name if is_attribute else ""
            for text in self._texts
            for is_attribute, name in _HOOK.findall(text)
            if is_attribute or name in ")]" or re.search(rf"\b{name}\s*=[^=]", text)
        )

    def may_be_hooked(self, name: str) -> bool:
        """Whether a hook may hang on a module that is kept under a name."""
        return not self._hooked.isdisjoint({name, ""})

    @cached_property
    def lent(self) -> frozenset[str]:
        """The names of classes whose methods instances of others get, which no ``__init__`` of
        theirs has made; empty for one that is not written out.
        """  # noqa: D205
        found = set()
        for text in self._texts:
            found.update(_BORROWED.findall(text))
            found.update(_REPLACED.findall(text))
            for name, rest in _CLASS_GIVEN.findall(text):
                found.add("" if rest.strip() and not rest.strip().startswith("#") else name)
        return frozenset(found)

    @cached_property
    def sets_inplace(self) -> bool:
        """Whether it makes modules work in place that were not made so."""
        return any(map(_WORKS_IN_PLACE.search, self._texts))

    def functions_named(self, name: str) -> Sequence[model.FunctionDef]:
        """The functions and methods of a name."""
        return self._functions.get(name, ())

    @cached_property
    def _functions(self) -> dict[str, list[model.FunctionDef]]:
        found: dict[str, list[model.FunctionDef]] = {}
        for source in self._sources:
            for each in source.functions:
                found.setdefault(each.name, []).append(each)
        return found

    def given_for(
        self, function: model.FunctionDef, parameter: str
    ) -> list[tuple[Source, model.Expression]]:
        """What is given for a parameter of a function, by others than itself."""
        return [
            (source, argument.value)
            for source, call in self._calls_of(function.name)
            for name, argument in bound(accepted(function), call.arguments)
            if name == parameter and not model.is_name(argument.value, parameter)
        ]

    @cached_property
    def reads_signatures(self) -> bool:
        """Whether it asks classes, by the names of what it asks, for their parameters."""
        return any(map(_SIGNATURE.search, self._texts))

    @cached_property
    def swapped(self) -> frozenset[str]:
        """The classes of torch's whose instances it replaces by others wherever it finds them."""
        found: set[str] = set()
        for source in self._sources:
            if not (_SWAPS.search(source.text) and _ASKS_CLASS.search(source.text)):
                continue
            loops = [each for each in source.body if isinstance(each, (model.For, model.If))]
            for unit in (*source.functions, *loops):
                if _SWAPS.search(source.of_all(unit)):
                    tested = [each for test in _class_tests(unit) for each in _parts(test)]
                    made = {meaning(source, each.func) for each in _calls(unit)}
                    found |= {_class_named(source, each) for each in tested} - made
                    for each in tested:
                        if _is_variable(source, each):
                            found |= self._meant_by(source, unit, each)
        return frozenset(found - {""})

    def _meant_by(
        self, source: Source, unit: model.Statement, variable: model.Expression
    ) -> set[str]:
        """The classes that a name may stand for: those that are given to the function whose
        parameter it is, or all that its file names.
        """  # noqa: D205
        if isinstance(unit, model.FunctionDef):
            parameters = {each.name for each in unit.parameters.by_position}
            if model.last_name(variable) in parameters:
                return self._given_to(unit.name)
        return {NN + each for each in _OF_NN.findall(source.text)}

    def _given_to(self, function: str) -> set[str]:
        """The classes that are given to a function anywhere."""
        return {
            meaning(source, part)
            for source, call in self._calls_of(function)
            for argument in call.arguments
            for part in _parts(argument.value)
        }

    def _calls_of(self, function: str) -> Iterator[tuple[Source, model.Call]]:
        """The calls of all functions and methods of a name."""
        for source in self._sources:
            for call in source.calls if f"{function}(" in source.text else ():
                if model.last_name(call.func) == function:
                    yield source, call

    def asks_for_type(self, dotted: str) -> bool:
        """Whether it may tell an instance of just this class from one of a class derived from it,
        and not only by ``isinstance``.
        """  # noqa: D205
        name = dotted.rpartition(".")[2]
        short, text = re.compile(rf"\b{name}\b"), re.compile(rf"""["']{name}["']""")
        return any(
            dotted in found or ("" in found and short.search(source.text))
            for source, found in self._exact_types
        ) or any("__name__" in each and text.search(each) for each in self._texts)

    @cached_property
    def _exact_types(self) -> list[tuple[Source, frozenset[str]]]:
        """For each file, the classes that types are compared with, empty for what is not written
        out there.
        """  # noqa: D205
        return [
            (source, found)
            for source in self._sources
            if (found := frozenset(t for node in source.nodes for t in _compared(source, node)))
        ]


def accepted(function: model.FunctionDef) -> tuple[model.Parameter, ...]:
    """The parameters that callers of a function or method give by their places, then the others."""
    parameters = function.parameters.by_position
    if parameters and parameters[0].name in THIS:
        parameters = parameters[1:]
    return (*parameters, *function.parameters.keyword_only)


def bound(
    parameters: tuple[model.Parameter, ...], arguments: tuple[model.Argument, ...]
) -> Iterator[tuple[str, model.Argument]]:
    """Arguments, each with the name of the parameter that gets it, empty if there is none."""
    names = [each.name for each in parameters]
    for index, argument in enumerate(arguments):
        by_position = names[index] if index < len(names) else ""
        name = argument.keyword or by_position
        yield name if name in names else "", argument


def _compared(source: Source, node: model.Node) -> Iterator[str]:
    """The classes that something is compared with, or looked up by; empty where the type of
    something is looked up in a table that is not written out in the same file.
    """  # noqa: D205
    if isinstance(node, model.Dict):
        yield from (name for key, _ in node.items if key and (name := meaning(source, key)))
    if isinstance(node, model.Compare) and len(node.ops) == 1:
        sides = (node.left, node.comparators[0])
        if not any(_is_type(each) for each in sides):
            parts = [part for side in sides for part in _parts(side)]
            yield from (name for each in parts if (name := meaning(source, each)))
            return
        other = sides[1] if _is_type(sides[0]) else sides[0]
        if node.ops[0] in _EQUAL:
            yield from (name for each in _parts(other) if (name := meaning(source, each)))
        elif node.ops[0] in _IN:
            yield from _in_table(source, other)
    elif isinstance(node, model.Subscript) and _is_type(node.index):
        yield from _in_table(source, node.value)
    elif isinstance(node, model.Call) and isinstance(node.func, model.Attribute):
        given = node.arguments[0].value if node.arguments else None
        if node.func.name == "get" and given is not None and _is_type(given):
            yield from _in_table(source, node.func.value)


def _in_table(source: Source, table: model.Expression) -> Iterator[str]:
    """The classes in a list or dict that is written out, or that a file binds to a name."""
    if isinstance(table, model.Name):
        bound = [
            each.value
            for each in source.body
            if isinstance(each, model.Assign)
            and any(model.is_name(target, table.id) for target in each.targets)
        ]
        table = bound[0] if len(bound) == 1 and bound[0] is not None else table
    if isinstance(table, model.Sequence):
        keys: list[model.Expression | None] = [*table.elements]
    elif isinstance(table, model.Dict):
        keys = [key for key, _ in table.items]
    else:
        keys = [None]
    for key in keys:
        if key is None:
            yield ""
        elif name := meaning(source, key):
            yield name


def _calls(unit: model.Statement) -> Iterator[model.Call]:
    return (each for each in model.walk(unit) if isinstance(each, model.Call))


def _is_type(node: model.Expression) -> bool:
    """``type(x)`` or ``x.__class__``."""
    if isinstance(node, model.Attribute):
        return node.name == "__class__"
    return isinstance(node, model.Call) and model.is_name(node.func, "type")


def _class_tests(unit: model.Statement) -> Iterator[model.Expression]:
    """What some code asks modules to be instances of."""
    for node in model.walk(unit):
        if isinstance(node, model.Call) and model.is_name(node.func, "isinstance"):
            yield from (each.value for each in node.arguments[1:2])
        elif isinstance(node, model.Compare):
            sides = (node.left, *node.comparators)
            if any(_is_type(part) for side in sides for part in _within(side)):
                yield from sides


def _within(side: model.Expression) -> Iterator[model.Expression]:
    """An expression, and what it is an attribute of: ``type(m).__name__``."""
    yield side
    if isinstance(side, model.Attribute):
        yield from _within(side.value)


def _class_named(source: Source, node: model.Expression) -> str:
    """The class of torch's that an expression is, or whose short name a text is."""
    if isinstance(node, model.Constant):
        return f"{NN}{node.value}"
    return meaning(source, node)


def _is_variable(source: Source, node: model.Expression) -> bool:
    """Whether an expression is a name that stands for one class or another."""
    return isinstance(node, (model.Name, model.Attribute)) and not (
        meaning(source, node) or _is_type(node) or model.last_name(node) == "__name__"
    )


def _parts(node: model.Expression) -> tuple[model.Expression, ...]:
    """The classes in a tuple of them, or in a union."""
    if isinstance(node, model.Sequence):
        return node.elements
    if isinstance(node, model.BinaryOp):
        return (*_parts(node.left), *_parts(node.right))
    return (node,)
