"""Functions of plain values: what one has answered once need not be worked out again.

``make_divisible(24 * 1.4)``, ``to_2tuple(3)``, ``get_padding(3, 2)``: packages of models call such
helpers for each layer that they make.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from qlint.flow.idle_code import traces
from qlint.flow.values import Constant, External, Function, NotTensor, Tuple, Union
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from qlint.flow.arguments import Arguments
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.values import Value
    from qlint.program.project import Module

    _Place = tuple[Module, str]

# What may do something else each time, or makes objects.
_NOT_PLAIN = (
    model.Await,
    model.ClassDef,
    model.FunctionDef,
    model.Import,
    model.ImportFrom,
    model.Lambda,
    model.ScopeDeclaration,
    model.Yield,
)
_NEVER = object()


class KnownAnswers:
    """What functions have returned, by their arguments."""

    def __init__(self, interp: Interpreter) -> None:
        self._interp = interp
        self._answers: dict[tuple[Hashable, ...], Value] = {}
        self._read: dict[model.Node, tuple[_Place, ...] | None] = {}

    def ask(self, function: Function, arguments: Arguments, run: Callable[[], Value]) -> Value:
        """What a call of a function returns, by ``run`` if that is not known."""
        key = self._key(function, arguments)
        if key is None:
            return run()
        found = self._answers.get(key)
        if found is None:
            before = traces(self._interp)
            found = run()
            left_nothing = traces(self._interp) == before and not self._interp.budget.exhausted
            if left_nothing and _plain(found) is not _NEVER:
                self._answers[key] = found
        return found

    def _key(self, function: Function, arguments: Arguments) -> tuple[Hashable, ...] | None:
        read = self._reads(function)
        if arguments.more or read is None:
            return None
        given = [_plain(each) for each in (*arguments.values(), *map(self._value, read))]
        if _NEVER in given:
            return None
        return (function.node, len(arguments.args), *arguments.kwargs, *given)

    def _value(self, place: _Place) -> Value:
        module, name = place
        return self._interp.global_name(name, self._interp.namespace(module))

    def _reads(self, function: Function) -> tuple[_Place, ...] | None:
        """The constants outside that a function and those that it calls look at; None if there is
        more that its answer depends on.
        """  # noqa: D205
        if function.node not in self._read:
            self._read[function.node] = None  # one that calls itself
            self._read[function.node] = self._constants_read(function)
        return self._read[function.node]

    def _constants_read(self, function: Function) -> tuple[_Place, ...] | None:
        at_top_level = function.scope is None or function.scope.is_top_level
        if not at_top_level or function.kind != "function" or function.wrapper is not None:
            return None
        names = _names_read(function.node)
        if names is None:
            return None
        places: list[_Place] = []
        for name in sorted(names):
            place = (function.module, name)
            value = self._value(place)
            if isinstance(value, Function):
                inner = self._reads(value)
                if inner is None:
                    return None
                places += inner
            elif isinstance(value, Constant):
                places.append(place)
            elif not isinstance(value, External):
                return None
        return tuple(places)


@lru_cache(maxsize=4096)
def _names_read(node: model.FunctionDef | model.Lambda) -> frozenset[str] | None:
    """The names from outside that a function reads; None for one that may do more than compute."""
    if not isinstance(node, model.FunctionDef) or node.is_generator or node.is_async:
        return None
    nodes = list(model.walk(node.body))
    if any(isinstance(each, _NOT_PLAIN) for each in nodes):
        return None
    parameters = node.parameters
    own = {each.name for each in parameters.by_position}
    own |= {each.name for each in parameters.keyword_only}
    own |= {each.name for each in (parameters.star, parameters.double_star) if each is not None}
    for each in nodes:
        if isinstance(each, (model.Assign, model.For, model.ForClause, model.NamedExpr)):
            targets = each.targets if isinstance(each, model.Assign) else each.target
            own |= {name.id for name in model.walk(targets) if isinstance(name, model.Name)}
    return frozenset(each.id for each in nodes if isinstance(each, model.Name)) - own


def _plain(value: Value) -> object:
    """A value that never changes as something that can be compared; _NEVER for any other."""
    if isinstance(value, Constant):
        return (type(value.value).__name__, repr(value.value))
    if isinstance(value, External):
        return value.name if value.of is None else _NEVER
    if isinstance(value, Function):
        return value
    if isinstance(value, NotTensor):
        unmarked = value.flag is value.grid is value.glob is None
        return NotTensor if unmarked and type(value) is NotTensor else _NEVER
    if isinstance(value, Union):
        options = [_plain(each) for each in value.options]
        return _NEVER if _NEVER in options else (Union, *options)
    if isinstance(value, Tuple) and value.written is None:
        items = [_plain(each) for each in value.items]
        return _NEVER if _NEVER in items else (*items, value.open, value.names)
    return _NEVER
