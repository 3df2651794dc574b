"""``with`` blocks: what their managers do before and behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow import special_methods
from qlint.flow.scopes import Outcome
from qlint.flow.values import UNKNOWN, External, Instance, Tuple, Value, options_of
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame


_SUPPRESS = External("contextlib.suppress")


def run(interp: Interpreter, node: model.With, frame: Frame) -> Outcome:
    """Run a ``with`` statement."""
    return _enter(interp, node, 0, frame)


def _enter(interp: Interpreter, node: model.With, index: int, frame: Frame) -> Outcome:
    """Enter the manager at an index, run what is inside of it, and leave it again."""
    from qlint.flow.expressions import callee_and_arguments

    if index == len(node.items):
        return interp.execute(node.body, frame)
    context, target = node.items[index]
    outcomes: list[Outcome] = []

    def inside(value: Value) -> None:
        if outcomes:  # a generator yields once
            return
        outcomes.append(Outcome.FALLS_THROUGH)
        if target is not None:
            interp.bind(target, value, frame)
        outcomes[0] = _enter(interp, node, index + 1, frame)

    site = interp.site(context, frame)
    if isinstance(context, model.Call):
        function, arguments = callee_and_arguments(interp, context, frame)
        # A function under `contextmanager` takes this, and does it where it yields.
        interp.inside_contexts.append(inside)
        manager = interp.call(function, arguments, site)
        if interp.inside_contexts[-1:] == [inside]:
            interp.inside_contexts.pop()
    else:
        manager = interp.evaluate(context, frame)
    if outcomes:
        return outcomes[0]
    if manager == _SUPPRESS:  # the body may be left anywhere
        suppressed = [lambda: _enter(interp, node, index + 1, frame), _nothing]
        return interp.fork(frame, suppressed, conditional=False)

    def managed_by(option: Value) -> Callable[[], Outcome]:
        def managed() -> Outcome:
            outcomes.clear()
            inside(_entered(interp, option, site))
            if isinstance(option, Instance):
                special_methods.leave(interp, option, site)
            return outcomes[0]

        return managed

    branches = [managed_by(each) for each in options_of(manager)]
    return branches[0]() if len(branches) == 1 else interp.fork(frame, branches)


def _nothing() -> Outcome:
    return Outcome.FALLS_THROUGH


def _entered(interp: Interpreter, manager: Value, site: Site) -> Value:
    """What a ``with`` binds to its target."""
    if isinstance(manager, Instance):
        return special_methods.enter(interp, manager, site)
    if isinstance(manager, Tuple) and len(manager.items) == 1:  # nullcontext
        return manager.items[0]
    return manager if isinstance(manager, External) else UNKNOWN
