"""Code that leaves nothing behind: what has run once need not run again on the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.modules import children
from qlint.flow.values import Class, Constant, External, Function, Instance, NotTensor, options_of
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame
    from qlint.flow.values import Value

_IDENTITY = frozenset({"is", "is not", "in", "not in", "==", "!="})
_PLAIN = (Constant, NotTensor, Class, External)


def traces(interp: Interpreter) -> tuple[int, ...]:
    """What has been written, reported and built so far, as numbers: where they are the same as
    before, what ran has left nothing behind.
    """  # noqa: D205
    return (interp.heap.stored, interp.log.pending, len(interp.models), len(interp.prepared))


def kind_of(instance: Instance) -> object:
    """The class of an object, all constants that it holds, and the classes of its submodules."""
    constants = [
        (slot, repr(value.value))
        for slot, value in instance.slots.items()
        if isinstance(value, Constant)
    ]
    parts = [
        each.cls
        for _, child in children(instance)
        for each in options_of(child)
        if isinstance(each, Instance)
    ]
    return (instance.cls, *constants, *parts)


class Rounds:
    """The rounds of one loop over modules: ``for m in self.modules(): ...``.

    Most such loops initialize weights, which says nothing of quantization. What a round has done
    with one module, and be it nothing, the next ones do with others of its kind.
    """

    def __init__(self, interp: Interpreter, loop: model.For, frame: Frame) -> None:
        self._interp = interp
        self._frame = frame
        self._target = loop.target.id if isinstance(loop.target, model.Name) else ""
        self._tells_kinds_only = bool(self._target) and not _asks_for_identity(loop, self._target)
        self._idle: set[object] = set()
        self._kind: object = None
        self._before: tuple[int, ...] = ()
        self._names: dict[str, Value] = {}

    def begin(self, item: Value) -> bool:
        """Begin the round with an item; False if it would do nothing."""
        self._kind = None
        if not (self._tells_kinds_only and isinstance(item, Instance)):
            return True
        self._kind = kind_of(item)
        self._before, self._names = traces(self._interp), dict(self._frame.names)
        return self._kind not in self._idle

    def end(self) -> None:
        """Note whether the round has left anything behind."""
        if self._kind is None or traces(self._interp) != self._before:
            return
        if self._frame.breaks or len(self._frame.names) > len(self._names) + 1:
            return
        old = self._names
        same = (
            old.get(name) is value
            for name, value in self._frame.names.items()
            if name != self._target
        )
        if all(same):
            self._idle.add(self._kind)


def _asks_for_identity(loop: model.For, target: str) -> bool:
    """Whether the body of a loop compares its target with something: is it that very module?"""
    for node in model.walk(loop.body):
        if isinstance(node, model.Compare) and not _IDENTITY.isdisjoint(node.ops):
            sides = (node.left, *node.comparators)
            if any(isinstance(each, model.Name) and each.id == target for each in sides):
                return True
    return False


class IdleCalls:
    """The calls of functions that have returned nothing and left nothing behind.

    Logging, checks, the initialization of weights: another call with the like does no more.
    """

    def __init__(self) -> None:
        self._known: dict[model.Node, set[object]] = {}

    def covers(self, function: Function, arguments: Arguments) -> bool:
        """Whether a call like this one has been seen to do nothing."""
        known = self._known.get(function.node)
        return known is not None and _key(function, arguments) in known

    def note(self, interp: Interpreter, function: Function, arguments: Arguments) -> None:
        """Remember a call that has done nothing, if what it got tells the like from others."""
        key = None if interp.budget.exhausted else _key(function, arguments)
        if key is not None and not _may_write_names(function):
            self._known.setdefault(function.node, set()).add(key)


def _may_write_names(function: Function) -> bool:
    body = function.node.body
    return any(isinstance(node, model.ScopeDeclaration) for node in model.walk(body))


def _key(function: Function, arguments: Arguments) -> object:
    """What a call depends on, None if that cannot be told."""
    if function.scope is not None or arguments.more:
        return None
    key: list[object] = []
    given = [("", each) for each in arguments.args] + list(arguments.kwargs.items())
    for name, value in given:
        if isinstance(value, Instance):
            key.append((name, kind_of(value)))
        elif isinstance(value, _PLAIN):
            key.append((name, value))
        else:
            return None
    return tuple(key)
