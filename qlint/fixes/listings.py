"""Code that goes through the modules in a module: whether it minds one more of them.

It does unless all that it does with each of them is known not to matter: asking for attributes,
setting them, or work on those of some kind only, of which a new one is none.
What is given to ``apply`` is looked at in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import TYPE_CHECKING

from qlint.fixes.imports import meaning
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from qlint.fixes.source import Source

    # The functions and methods of the program that have a name.
    Functions: TypeAlias = "Callable[[str], Sequence[model.FunctionDef]]"

# The classes of what fixes add, and of what is in that.
_RELU = frozenset({"ReLU"})
_NEW = _RELU | {"FloatFunctional", "QuantStub", "DeQuantStub", "Identity", "Module"}
_OF_DICT = frozenset({"items", "values", "keys"})
# What takes modules by their names, or hands them on one by one.
_BY_NAME = frozenset({"dict", "OrderedDict"})
_ONE_BY_ONE = frozenset({"list", "tuple"})
_COUNT = _ONE_BY_ONE | {"len", "enumerate", "zip", "sorted", "reversed", "next"}
# Functions that may get any module: these ask, and those give it attributes.
_HARMLESS = frozenset("isinstance issubclass hasattr getattr type id print setattr delattr".split())
# How texts are searched.
_FINDS = frozenset({"find", "startswith", "endswith"})
_RUNS = frozenset({"forward", "__call__"})
_OPPOSITES = {"!=": "==", "not in": "in", "is not": "is"}
_PARAMETERS = frozenset("parameters named_parameters buffers named_buffers".split())
# What every module has.
_OF_ALL = _PARAMETERS | frozenset(
    "training children modules named_children named_modules apply train eval requires_grad_ "
    "zero_grad to to_empty cpu cuda float half double bfloat16 type share_memory forward "
    "state_dict load_state_dict register_buffer register_parameter register_module add_module "
    "get_submodule get_parameter get_buffer extra_repr _modules _parameters _buffers "
    "_get_name _apply".split()
)


def minds_one_more(source: Source, listing: model.Expression, functions: Functions) -> bool:
    """Whether a call of ``children()`` and the like, or what is done with it, may give something
    else, or fail, when there is another module that has no parameters.
    """  # noqa: D205
    if isinstance(listing, model.Call) and model.last_name(listing.func) == "apply":
        return _applied_minds(source, listing, functions)
    node, outer = _outside_of_methods(source, listing)
    of_dict = isinstance(node, model.Attribute)  # `m._modules[name]`, `m._modules.get(name)`
    if of_dict and isinstance(outer, (model.Subscript, model.Attribute, model.Compare)):
        return False
    if isinstance(outer, model.Argument):
        call = source.parent(outer)
        if isinstance(call, model.Call):
            if model.last_name(call.func) in _BY_NAME or _goes_by_name(listing, call):
                return False
            if model.last_name(call.func) in _ONE_BY_ONE:
                node, outer = call, source.parent(call)
    named = _has_names(listing)
    if isinstance(outer, model.For) and outer.iterable is node:
        around = frozenset({_function_around(source, outer)})
        loop = _Loop.over(outer.target, named=named, around=around, functions=functions)
        return any(loop.minds(outer.body))
    if isinstance(outer, model.ForClause) and outer.iterable is node:
        loop = _Loop.over(outer.target, named=named, around=frozenset(), functions=functions)
        if any(map(loop.leaves_out, outer.conditions)):
            return False
        comprehension = source.parent(outer)
        assert isinstance(comprehension, model.Comprehension)
        return not (loop.takes_parts(comprehension) or _is_any(source, comprehension, loop))
    return True


def _applied_minds(source: Source, call: model.Call, functions: Functions) -> bool:
    """Whether what is given to ``apply`` minds a new module."""
    given = call.arguments[0].value if call.arguments else None
    while isinstance(given, model.Call) and model.last_name(given.func) == "partial":
        given = given.arguments[0].value if given.arguments else None
    if isinstance(given, model.Lambda):
        names = [each.name for each in given.parameters.by_position[:1]]
        loop = _Loop(set(names), set(), frozenset(), functions, in_function=True)
        return any(map(loop.matters, loop.reached(given.body)))
    if given is None or meaning(source, given).startswith("torch."):
        return False  # enable_observer and the like
    name = model.last_name(given)
    found = functions(name)
    return not found or any(_takes(each, 0, "", frozenset(), functions) for each in found)


def _takes(
    function: model.FunctionDef,
    index: int,
    keyword: str,
    around: frozenset[str],
    functions: Functions,
) -> bool:
    """Whether a function minds a new module that it gets as its argument at an index, or by a
    keyword.
    """  # noqa: D205
    parameters = [each.name for each in function.parameters.by_position]
    if parameters[:1] in (["self"], ["cls"]):
        del parameters[0]
    name = keyword or (parameters[index] if index < len(parameters) else "")
    around |= {function.name}
    loop = _Loop({name}, set(), around, functions, in_function=True)
    return any(loop.minds(function.body))


def _has_names(listing: model.Expression) -> bool:
    if isinstance(listing, model.Attribute):  # `_modules`
        return True
    return isinstance(listing, model.Call) and model.last_name(listing.func).startswith("named_")


def _goes_by_name(listing: model.Expression, call: model.Call) -> bool:
    """Whether modules are handed to a function of the program with their names."""
    return _has_names(listing) and model.last_name(call.func) not in _COUNT


def _outside_of_methods(
    source: Source, listing: model.Expression
) -> tuple[model.Expression, model.Node | None]:
    """What ``module._modules`` stands in, without ``.items()``; and what that stands in."""
    node, outer = listing, source.parent(listing)
    while isinstance(outer, model.Attribute) and outer.name in _OF_DICT:
        call = source.parent(outer)
        if not isinstance(call, model.Call):
            break
        node, outer = call, source.parent(call)
    return node, outer


def _function_around(source: Source, node: model.Node) -> str:
    functions = (each for each in source.around(node) if isinstance(each, model.FunctionDef))
    return next((each.name for each in functions), "")


def _is_any(source: Source, comprehension: model.Comprehension, loop: _Loop) -> bool:
    """``any(isinstance(m, nn.Conv2d) for m in model.modules())``."""
    call = source.parent(source.parent(comprehension))
    is_any = isinstance(call, model.Call) and model.is_name(call.func, "any")
    return is_any and loop.leaves_out(comprehension.element)


@dataclass(slots=True)
class _Loop:
    """The names that stand, in each round, for the module, for its name, for its class, and for
    what it has; and the names of the functions that the loop is in, which may call themselves.
    A function that gets each module is like the body of a loop.
    """  # noqa: D205

    modules: set[str]
    labels: set[str]
    around: frozenset[str]
    functions: Functions
    in_function: bool = False
    kinds: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    # The classes of new modules that what is looked at now is done with.
    new: frozenset[str] = _NEW

    @classmethod
    def over(
        cls,
        target: model.Expression,
        *,
        named: bool,
        around: frozenset[str],
        functions: Functions,
    ) -> _Loop:
        """The loop over modules, or over pairs of a name and a module."""
        names = [each for each in model.walk(target) if isinstance(each, model.Name)]
        names.sort(key=lambda each: each.start)
        ids = [each.id for each in names]
        if named and isinstance(target, model.Sequence) and len(ids) == 2:
            return cls({ids[1]}, {ids[0]}, around, functions)
        return cls(set(ids), set(), around, functions)

    # Which modules are left out

    def leaves_out(self, test: model.Expression) -> bool:
        """Whether what fixes add does not meet a condition."""
        if isinstance(test, model.BooleanOp):
            sides = (self.leaves_out(test.left), self.leaves_out(test.right))
            return any(sides) if test.op == "and" else all(sides)
        if isinstance(test, model.UnaryOp) and test.op == "not":
            return self._takes_in(test.operand)
        if isinstance(test, model.Call):
            return self._asks(test)
        if isinstance(test, model.Compare) and len(test.ops) == 1:
            left, right = test.left, test.comparators[0]
            if test.ops[0] == "in" and isinstance(right, model.Name) and right.id in self.labels:
                return False  # part of a name
            if test.ops[0] in ("==", "in", "is"):
                return self._is_of_others(left, right) or self._is_of_others(right, left)
            if self._finds_others(left):  # `kind.find("Conv") != -1`
                return test.ops[0] in ("!=", ">", ">=")
            nothing = isinstance(right, model.Constant) and right.value is None
            return test.ops[0] == "is not" and nothing and self._is_part(left)
        return self._is_part(test)

    def _takes_in(self, test: model.Expression) -> bool:
        """Whether what fixes add meets a condition for sure."""
        if isinstance(test, model.BooleanOp):
            sides = (self._takes_in(test.left), self._takes_in(test.right))
            return all(sides) if test.op == "and" else any(sides)
        if isinstance(test, model.UnaryOp) and test.op == "not":
            return self.leaves_out(test.operand)
        if isinstance(test, model.Compare) and test.ops[0] in _OPPOSITES and len(test.ops) == 1:
            opposite = (_OPPOSITES[test.ops[0]],)
            return self.leaves_out(
                model.Compare(test.start, test.end, test.left, opposite, test.comparators)
            )
        return False

    def takes_parts(self, comprehension: model.Comprehension) -> bool:
        """Whether nothing of the modules is used but their parameters, of which new ones have none:
        ``sum(p.numel() for m in model.modules() for p in m.parameters())``.
        """  # noqa: D205
        names = self.modules | self.labels
        used = [
            each
            for each in model.walk(comprehension)
            if isinstance(each, model.Name) and each.id in names
        ]
        taken = [
            each.func.value
            for each in model.walk(tuple(clause.iterable for clause in comprehension.clauses))
            if isinstance(each, model.Call)
            and isinstance(each.func, model.Attribute)
            and each.func.name in _PARAMETERS
        ]
        targets = [each for clause in comprehension.clauses for each in model.walk(clause.target)]
        rest = [each for each in used if each not in targets]
        return bool(rest) and all(each in taken for each in rest)

    def _asks(self, test: model.Call) -> bool:
        """``isinstance(m, nn.Conv2d)``, ``hasattr(m, "weight")``, ``kind.startswith("Conv")``."""
        if self._finds_others(test):
            return model.last_name(test.func) != "find"
        name = model.last_name(test.func)
        given = [each.value for each in test.arguments]
        if len(given) != 2 or not self._is_module(given[0]):
            return False
        if name == "hasattr":
            return True  # such names are taken
        return name == "isinstance" and self._names_others(given[1])

    def _finds_others(self, node: model.Expression) -> bool:
        """``m.__class__.__name__.find("Conv")``."""
        if not isinstance(node, model.Call) or len(node.arguments) != 1:
            return False
        func = node.func
        finds = isinstance(func, model.Attribute) and func.name in _FINDS
        if not isinstance(func, model.Attribute) or not finds:
            return False
        return self._is_kind(func.value) and self._names_others(node.arguments[0].value)

    def _is_of_others(self, asked: model.Expression, known: model.Expression) -> bool:
        """Whether something that is asked of a module is not so for what fixes add."""
        if isinstance(asked, model.Name) and asked.id in self.labels:
            return True  # such names are taken
        if self._is_kind(asked):
            return self._names_others(known)
        return False

    def _names_others(self, classes: model.Expression) -> bool:
        """Whether classes are written out, as names or texts, and no new module is of any."""
        if isinstance(classes, model.Sequence):
            return all(map(self._names_others, classes.elements))
        if isinstance(classes, model.BinaryOp):
            return self._names_others(classes.left) and self._names_others(classes.right)
        if isinstance(classes, model.Constant):
            text = classes.value
            return isinstance(text, str) and not any(text in each for each in self.new)
        name = model.last_name(classes)
        return bool(name) and name not in self.new

    def _is_module(self, node: model.Expression) -> bool:
        return isinstance(node, model.Name) and node.id in self.modules

    def _is_kind(self, node: model.Expression) -> bool:
        """``type(m)``, ``m.__class__.__name__``, or a name for it."""
        if isinstance(node, model.Name):
            return node.id in self.kinds
        if isinstance(node, model.Attribute) and node.name == "__name__":
            return self._is_kind(node.value)
        if isinstance(node, model.Attribute) and node.name == "__class__":
            return self._is_module(node.value)
        if not isinstance(node, model.Call) or not model.is_name(node.func, "type"):
            return False
        return self._is_module(node.arguments[0].value)

    def _is_part(self, node: model.Expression) -> bool:
        """``getattr(m, "weight", None)``, or a name for it."""
        if isinstance(node, model.Name):
            return node.id in self.parts
        if not isinstance(node, model.Call) or not model.is_name(node.func, "getattr"):
            return False
        return len(node.arguments) == 3

    # What is done with the others

    def minds(self, block: model.Block) -> Iterator[bool]:
        """For all that is done with every module, whether that minds one more."""
        for statement in block:
            if isinstance(statement, model.If):
                yield from map(self.matters, self.reached(statement.test))
                left_out, taken_in = self.leaves_out(statement.test), self._takes_in(statement.test)
                if not left_out and self._takes_in_relus_only(statement.test):
                    # What puts others in their place is known to the program.
                    yield from replace(self, new=_RELU).minds(statement.body)
                elif not left_out:
                    yield from self.minds(statement.body)
                yield from () if taken_in else self.minds(statement.orelse)
                skipped = statement.body if taken_in else statement.orelse if left_out else ()
                if skipped and self._leaves_round(skipped[-1]):
                    return  # what follows is done with others only
            elif isinstance(statement, (model.For, model.While, model.With, model.Try)):
                for name in ("iterable", "test", "items"):
                    header = getattr(statement, name, ())
                    for part in header if isinstance(header, tuple) else (header,):
                        yield from map(self.matters, self.reached(part))
                for block in model.blocks(statement):
                    yield from self.minds(block)
            else:
                yield self._counts(statement)
                targets = statement.targets if isinstance(statement, model.Assign) else ()
                set_here = [each for each in targets if isinstance(each, model.Attribute)]
                reached = self.reached(statement)
                yield from (self.matters(each) for each in reached if each not in set_here)
                self._learn(statement)

    def _takes_in_relus_only(self, test: model.Expression) -> bool:
        """Whether of the new modules ReLUs alone meet a condition."""
        return replace(self, new=_NEW - _RELU).leaves_out(test)

    def _learn(self, statement: model.Statement) -> None:
        """``kind = type(m).__name__``, ``weight = getattr(m, "weight", None)``."""
        if not isinstance(statement, model.Assign) or statement.value is None:
            return
        names = {each.id for each in statement.targets if isinstance(each, model.Name)}
        for known, holds in ((self.kinds, self._is_kind), (self.parts, self._is_part)):
            known -= names
            if holds(statement.value):
                known |= names

    def _counts(self, statement: model.Statement) -> bool:
        """Whether a statement counts rounds, ends the loop, or fails for what it does not know."""
        if isinstance(statement, model.Assert):
            return not self._takes_in(statement.test)
        if isinstance(statement, model.Raise):
            return True
        if isinstance(statement, model.AugmentedAssign):
            return isinstance(statement.target, model.Name)
        if isinstance(statement, model.Assign) and statement.value is not None:
            names = {each.id for each in statement.targets if isinstance(each, model.Name)}
            used = {each.id for each in model.walk(statement.value) if isinstance(each, model.Name)}
            return not names.isdisjoint(used)
        if isinstance(statement, model.Return):
            return not self.in_function
        return isinstance(statement, model.Jump) and statement.kind == "break"

    def _leaves_round(self, statement: model.Statement) -> bool:
        if self.in_function and isinstance(statement, model.Return):
            return True
        return isinstance(statement, model.Jump) and statement.kind == "continue"

    def reached(self, node: model.Node) -> Iterator[model.Node]:
        """A node and all in it, but for what a condition in front of it keeps new modules from."""
        yield node
        if isinstance(node, model.BooleanOp):
            yield from self.reached(node.left)
            left_out = self.leaves_out if node.op == "and" else self._takes_in
            if not left_out(node.left):
                yield from self.reached(node.right)
            return
        parts = tuple(model.parts(node))
        if isinstance(node, model.Conditional):
            parts = (
                node.test,
                *(() if self.leaves_out(node.test) else (node.body,)),
                *(() if self._takes_in(node.test) else (node.orelse,)),
            )
        for part in parts:
            yield from self.reached(part)

    def matters(self, node: model.Node) -> bool:
        """Whether a node runs a module, hands it or its name on, keeps them, or asks a module for
        what not all have.
        """  # noqa: D205
        if isinstance(node, model.Attribute):
            dunder = node.name.startswith("__") or (self.new == _RELU and node.name == "inplace")
            return self._is_module(node.value) and node.name not in _OF_ALL and not dunder
        if isinstance(node, model.Call):
            return self._call_matters(node)
        if isinstance(node, model.Assign):
            indices = [each.index for each in node.targets if isinstance(each, model.Subscript)]
            keeps = self.new != _RELU and any(map(self._is_held, indices))
            return keeps or self._is_held(node.value)
        if isinstance(node, (model.Sequence, model.Dict)):
            return any(self._is_held(each) for each in model.parts(node))
        return isinstance(node, model.Yield) and not node.is_from and self._is_held(node.value)

    def _call_matters(self, node: model.Call) -> bool:
        func = node.func
        if self._is_held(func):
            return True
        is_method = isinstance(func, model.Attribute) and self._is_module(func.value)
        if is_method and (model.last_name(func) in _RUNS or model.last_name(func).endswith("hook")):
            return True
        name = model.last_name(func)
        if name in _HARMLESS or name in self.around:
            return False
        if "init" in name:
            return any(map(self._hands_on, enumerate(node.arguments), repeat(name)))
        plain = name in ("format", "join") or (
            isinstance(func, model.Attribute) and model.last_name(func.value) in self.labels
        )
        return not plain and any(self._is_held(each.value) for each in node.arguments)

    def _hands_on(self, numbered: tuple[int, model.Argument], name: str) -> bool:
        """Whether an argument is a module, and a function of the program of a name minds it."""
        index, argument = numbered
        if not self._is_module(argument.value):
            return False
        found = self.functions(name)
        keyword = argument.keyword or ""
        return any(_takes(each, index, keyword, self.around, self.functions) for each in found)

    def _is_held(self, node: model.Node | None) -> bool:
        """Whether an expression is a module itself, or its name."""
        return isinstance(node, model.Name) and node.id in self.modules | self.labels
