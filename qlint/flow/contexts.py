"""``with`` blocks: what their managers do before and behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow import calls, special_methods
from qlint.flow.arguments import Arguments
from qlint.flow.idle_code import is_attempt
from qlint.flow.scopes import Outcome
from qlint.flow.values import (
    UNKNOWN,
    ContextManager,
    External,
    Instance,
    Tuple,
    Value,
    join,
    options_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame
    from qlint.syntax import model


_SUPPRESS = External("contextlib.suppress")


def run(interp: Interpreter, node: model.With, frame: Frame) -> Outcome:
    """Run a ``with`` statement."""
    return _enter(interp, node, 0, frame)


def _enter(interp: Interpreter, node: model.With, index: int, frame: Frame) -> Outcome:
    """Enter the manager at an index, run what is inside of it, and leave it again."""
    if index == len(node.items):
        return interp.execute(node.body, frame)
    context, target = node.items[index]
    manager = interp.evaluate(context, frame)
    site = interp.site(context, frame)

    def inside(value: Value) -> Outcome:
        if target is not None:
            interp.bind(target, value, frame)
        return _enter(interp, node, index + 1, frame)

    def managed_by(option: Value) -> Callable[[], Outcome]:
        return lambda: _managed(interp, option, inside, site)

    if manager == _SUPPRESS and is_attempt(node.body):
        return interp.attempt(frame, lambda: inside(UNKNOWN), [_nothing])
    if manager == _SUPPRESS:  # the body may be left anywhere
        return interp.fork(frame, [lambda: inside(UNKNOWN), _nothing], conditional=False)
    branches = [managed_by(each) for each in options_of(manager)]
    return branches[0]() if len(branches) == 1 else interp.fork(frame, branches)


def _managed(
    interp: Interpreter, manager: Value, inside: Callable[[Value], Outcome], site: Site
) -> Outcome:
    """Enter a manager, do what is inside, and leave it."""
    if isinstance(manager, ContextManager):
        outcomes: list[Outcome] = []

        def at_yield(value: Value) -> None:
            if not outcomes:  # a generator yields once
                outcomes.append(Outcome.FALLS_THROUGH)
                outcomes[0] = inside(value)

        _start(interp, manager, at_yield, site)
        return outcomes[0] if outcomes else inside(UNKNOWN)
    outcome = inside(enter(interp, manager, site))
    if isinstance(manager, Instance):
        special_methods.leave(interp, manager, site)
    return outcome


def _nothing() -> Outcome:
    return Outcome.FALLS_THROUGH


def enter(interp: Interpreter, manager: Value, site: Site) -> Value:
    """What entering a manager returns; what it does when it is left is taken to come at once."""
    if isinstance(manager, ContextManager):
        handed_out: list[Value] = []
        _start(interp, manager, handed_out.append, site)
        return join(handed_out)
    if isinstance(manager, Instance):
        return special_methods.enter(interp, manager, site)
    if isinstance(manager, Tuple) and len(manager.items) == 1:  # nullcontext
        return manager.items[0]
    return manager if isinstance(manager, External) else UNKNOWN


def _start(
    interp: Interpreter, manager: ContextManager, at_yield: Callable[[Value], None], site: Site
) -> None:
    """Run a function under ``contextmanager``."""
    given = Arguments(manager.args, manager.kwargs)
    calls.call_function(interp, manager.function, given, site, at_yield=at_yield)
