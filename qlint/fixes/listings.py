"""Code that goes through the modules in a module: whether it minds one more of them.

It does unless all that it does with each of them is known not to matter: asking for attributes,
setting them, or work on those of some kind only, of which a new one is none.
What is given to ``apply`` is looked at in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qlint.fixes.imports import meaning
from qlint.fixes.left_out import OF_ALL, PARAMETERS, RELU, Asked
from qlint.fixes.program import THIS, accepted, bound
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.fixes.program import Program
    from qlint.fixes.source import Source

_OF_DICT = frozenset({"items", "values", "keys"})
# What takes modules by their names, or hands them on one by one.
_BY_NAME = frozenset({"dict", "OrderedDict"})
_ONE_BY_ONE = frozenset({"list", "tuple"})
_COUNT = _ONE_BY_ONE | {"len", "enumerate", "zip", "sorted", "reversed", "next"}
_LISTINGS = frozenset("children modules named_children named_modules".split())
# Functions that may get any module: these ask, and those give it attributes.
_HARMLESS = frozenset("isinstance issubclass hasattr getattr type id print setattr delattr".split())
_RUNS = frozenset({"forward", "__call__"})
# The methods of lists, dicts and sets by which something is kept or counted.
_KEEPS = frozenset("append appendleft add extend insert update setdefault push".split())


def minds_one_more(source: Source, listing: model.Expression, program: Program) -> bool:
    """Whether a call of ``children()`` and the like, or what is done with it, may give something
    else, or fail, when there is another module that has no parameters.
    """  # noqa: D205
    if isinstance(listing, model.Call) and model.last_name(listing.func) == "apply":
        given = listing.arguments[0].value if listing.arguments else None
        loop = _Loop(Asked(set(), set()), program)
        return given is None or loop.given_minds(source, given, (_EACH,))
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
        function = _function_around(source, outer)
        # What a generator gives is for those to mind who take it.
        seen = {function} if function is not None and function.is_generator else set()
        loop = _Loop(Asked(set(), set()), program, function, seen=frozenset(seen))
        return any(loop.inside(outer, named=named).minds(outer.body))
    if isinstance(outer, model.ForClause) and outer.iterable is node:
        asked = Asked(*_of_round(outer.target, named=named))
        if any(map(asked.leaves_out, outer.conditions)):
            return False
        comprehension = source.parent(outer)
        assert isinstance(comprehension, model.Comprehension)
        return not (asked.takes_parts(comprehension) or _is_any(source, comprehension, asked))
    return True


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


def _function_around(source: Source, node: model.Node) -> model.FunctionDef | None:
    functions = (each for each in source.around(node) if isinstance(each, model.FunctionDef))
    return next(functions, None)


def _of_round(target: model.Expression, *, named: bool) -> tuple[set[str], set[str]]:
    """The names of the module, and of its name, in each round."""
    names = [each for each in model.walk(target) if isinstance(each, model.Name)]
    ids = [each.id for each in sorted(names, key=lambda each: each.start)]
    if named and isinstance(target, model.Sequence) and len(ids) == 2:
        return {ids[1]}, {ids[0]}
    return set(ids), set()


def _is_any(source: Source, comprehension: model.Comprehension, asked: Asked) -> bool:
    """``any(isinstance(m, nn.Conv2d) for m in model.modules())``."""
    call = source.parent(source.parent(comprehension))
    is_any = isinstance(call, model.Call) and model.is_name(call.func, "any")
    return is_any and asked.leaves_out(comprehension.element)


# The module that ``apply`` hands over, and something else.
_EACH = model.Argument(0, 0, model.Name(0, 0, ""), None, 0)
_NONE = model.Argument(0, 0, model.Constant(0, 0, None), None, 0)


@dataclass(slots=True)
class _Loop:
    """What is done in each round of a loop over modules, or by a function that gets each of them.

    Functions that get the module in turn are looked into, each of them once.
    """

    asked: Asked
    program: Program
    # What it stands in, and whether that is all of it.
    function: model.FunctionDef | None = None
    is_function: bool = False
    # Whether what is looked at is done with every module there is.
    always: bool = True
    seen: frozenset[model.FunctionDef] = frozenset()

    def inside(self, statement: model.For, *, named: bool) -> _Loop:
        """The rounds of a loop over modules."""
        asked = Asked(*_of_round(statement.target, named=named), new=self.asked.new)
        return replace(self, asked=asked)

    def minds(self, block: model.Block) -> Iterator[bool]:
        """For all that is done with every module, whether that minds one more."""
        asked, loop = self.asked, self
        for statement in block:
            if isinstance(statement, model.If):
                yield from map(loop._matters, loop._reached(statement.test))
                left_out, taken_in = (
                    asked.leaves_out(statement.test),
                    asked.takes_in(statement.test),
                )
                branch = replace(loop, always=loop.always and not asked.depends(statement.test))
                if not left_out:
                    yield from branch._among_relus(statement.test).minds(statement.body)
                yield from () if taken_in else branch.minds(statement.orelse)
                skipped = statement.body if taken_in else statement.orelse if left_out else ()
                if skipped and loop._leaves_round(skipped[-1]):
                    return  # what follows is done with others only
                loop = replace(loop, always=loop.always and branch.always)
            elif isinstance(statement, (model.For, model.While, model.With, model.Try)):
                yield from loop._around_minds(statement)
            else:
                yield loop._counts(statement)
                targets = statement.targets if isinstance(statement, model.Assign) else ()
                set_here = [each for each in targets if isinstance(each, model.Attribute)]
                reached = loop._reached(statement)
                yield from (loop._matters(each) for each in reached if each not in set_here)
                asked.learn(statement)

    def _around_minds(
        self, statement: model.For | model.While | model.With | model.Try
    ) -> Iterator[bool]:
        """What is done in a loop inside of the round, in a ``with`` or a ``try``."""
        for name in ("iterable", "test", "items"):
            header = getattr(statement, name, ())
            for part in header if isinstance(header, tuple) else (header,):
                yield from map(self._matters, self._reached(part))
        if isinstance(statement, model.For):
            if self.asked.asked_for(statement.iterable, PARAMETERS) is not None:
                return  # there are none
            if self.asked.asked_for(statement.iterable, _LISTINGS) is not None:
                loop = self.inside(statement, named=_has_names(statement.iterable))
                loop.asked.modules |= self.asked.modules
                loop.asked.labels |= self.asked.labels
                yield from replace(loop, always=False).minds(statement.body)
                return
        for block in model.blocks(statement):
            yield from replace(self, always=False).minds(block)

    def _among_relus(self, test: model.Expression) -> _Loop:
        """What is done where of the new modules ReLUs alone meet a condition: what puts others in
        their place is known to the program.
        """  # noqa: D205
        asked = self.asked
        others = replace(asked, new=asked.new - RELU)
        return replace(self, asked=replace(asked, new=RELU)) if others.leaves_out(test) else self

    def _counts(self, statement: model.Statement) -> bool:
        """Whether a statement counts rounds, ends the loop, or fails for what it does not know."""
        if isinstance(statement, model.Assert):
            known = self.always and not self.asked.depends(statement.test)
            return not known and not self.asked.takes_in(statement.test)
        if isinstance(statement, model.Raise):
            return not self.always
        if isinstance(statement, model.AugmentedAssign):
            own = self.asked.modules | self.asked.labels
            target = statement.target
            is_own = isinstance(target, model.Name) and target.id in own
            return not is_own and not self.asked.takes_parts(statement.value)
        if isinstance(statement, model.Assign) and statement.value is not None:
            names = {each.id for each in statement.targets if isinstance(each, model.Name)}
            used = {each.id for each in model.walk(statement.value) if isinstance(each, model.Name)}
            used -= self.asked.modules | self.asked.labels
            return not names.isdisjoint(used)
        if isinstance(statement, model.Return):
            return not self.is_function
        return isinstance(statement, model.Jump) and statement.kind == "break"

    def _leaves_round(self, statement: model.Statement) -> bool:
        if self.is_function and isinstance(statement, model.Return):
            return True
        return isinstance(statement, model.Jump) and statement.kind == "continue"

    def _reached(self, node: model.Node) -> Iterator[model.Node]:
        """A node and all in it, but for what a condition in front of it keeps new modules from."""
        yield node
        if isinstance(node, model.BooleanOp):
            yield from self._reached(node.left)
            left_out = self.asked.leaves_out if node.op == "and" else self.asked.takes_in
            if not left_out(node.left):
                yield from self._reached(node.right)
            return
        parts = tuple(model.parts(node))
        if isinstance(node, model.Conditional):
            parts = (
                node.test,
                *(() if self.asked.leaves_out(node.test) else (node.body,)),
                *(() if self.asked.takes_in(node.test) else (node.orelse,)),
            )
        elif isinstance(node, model.Call) and model.last_name(node.func) == "join":
            parts = ()  # a text
        for part in parts:
            yield from self._reached(part)

    def _matters(self, node: model.Node) -> bool:
        """Whether a node runs a module, hands it or its name on, keeps them, or asks a module for
        what not all have.
        """  # noqa: D205
        asked = self.asked
        if isinstance(node, model.Attribute):
            dunder = node.name.startswith("__") or (asked.new == RELU and node.name == "inplace")
            return asked.is_module(node.value) and node.name not in OF_ALL and not dunder
        if isinstance(node, model.Call):
            return self._call_matters(node)
        if isinstance(node, model.Assign):
            indices = [each.index for each in node.targets if isinstance(each, model.Subscript)]
            keeps = asked.new != RELU and any(map(asked.is_told, indices))
            return keeps or asked.is_held(node.value)
        if isinstance(node, (model.Sequence, model.Dict)):
            return any(asked.is_held(each) for each in model.parts(node))
        return isinstance(node, model.Yield) and not node.is_from and asked.is_held(node.value)

    def _call_matters(self, node: model.Call) -> bool:
        asked, func, name = self.asked, node.func, model.last_name(node.func)
        if asked.is_held(func):
            return True
        if isinstance(func, model.Attribute):
            if asked.is_module(func.value):
                return name in _RUNS or name.endswith("hook")
            if name in _KEEPS and asked.new != RELU:
                return not asked.takes_parts(node.arguments)
            if name == "format" or model.last_name(func.value) in asked.labels:
                return False
        if name in _HARMLESS:
            return False
        held = [each for each in node.arguments if asked.is_held(each.value)]
        function = self.function
        parameters = () if function is None else accepted(function)
        is_given = isinstance(func, model.Name) and name in {each.name for each in parameters}
        if held and is_given and function is not None:
            given = self.program.given_for(function, name)
            return not given or any(self.given_minds(*each, node.arguments) for each in given)
        own = isinstance(func, model.Attribute) and model.last_name(func.value) in THIS
        looked_up = held or own or isinstance(func, model.Name)
        found = self.program.functions_named(name) if looked_up else ()
        if found:
            return any(self._takes(each, node.arguments) for each in found)
        return bool(held) and "init" not in name

    def given_minds(
        self, source: Source, given: model.Expression, arguments: tuple[model.Argument, ...]
    ) -> bool:
        """Whether a function minds a new module that it gets among arguments."""
        while isinstance(given, model.Call) and model.last_name(given.func) == "partial":
            if not given.arguments:
                return True
            first, *others = given.arguments
            before = (_NONE,) * sum(each.keyword is None for each in others)
            given, arguments = first.value, (*before, *arguments)
        if isinstance(given, model.Lambda):
            loop = self._with(given.parameters.by_position, arguments)
            return any(map(loop._matters, loop._reached(given.body)))
        if meaning(source, given).startswith("torch."):
            return False  # enable_observer and the like
        found = self.program.functions_named(model.last_name(given))
        return not found or any(self._takes(each, arguments) for each in found)

    def _takes(self, function: model.FunctionDef, arguments: tuple[model.Argument, ...]) -> bool:
        """Whether a function minds what a new module makes of its arguments."""
        if function in self.seen:
            return False
        loop = self._with(accepted(function), arguments)
        seen = self.seen | {function}
        is_told = loop.asked.modules | loop.asked.labels | loop.asked.kinds
        loop = replace(loop, function=function, seen=seen, always=self.always and bool(is_told))
        return any(loop.minds(function.body))

    def _with(
        self, parameters: tuple[model.Parameter, ...], arguments: tuple[model.Argument, ...]
    ) -> _Loop:
        """The inside of a function that gets arguments, some of which are the module, its name or
        its class.
        """  # noqa: D205
        asked = Asked(set(), set(), new=self.asked.new)
        for name, argument in bound(parameters, arguments):
            if argument is _EACH or self.asked.is_module(argument.value):
                asked.modules.add(name)
            elif self.asked.is_held(argument.value):
                asked.labels.add(name)
            elif self.asked.is_kind(argument.value):
                asked.kinds.add(name)
        return replace(self, asked=asked, function=None, is_function=True)
