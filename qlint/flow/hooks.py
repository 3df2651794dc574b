"""Forward hooks of modules: what they do with inputs and outputs, and what they put in their place.

Convert hands the hooks of a layer on to its int8 form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.arguments import Arguments
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    BoundMethod,
    Function,
    Instance,
    Partial,
    Tensor,
    Tuple,
    Value,
    join,
    options_of,
)

if TYPE_CHECKING:
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

# The methods that register hooks, and the slots that keep those; no attributes have such names.
_SLOTS = {
    "register_forward_pre_hook": "<forward pre-hooks>",
    "register_forward_hook": "<forward hooks>",
}
REGISTER = frozenset(_SLOTS)
_BEFORE, _BEHIND = _SLOTS.values()


def register(
    interp: Interpreter, instance: Instance, method: str, arguments: Arguments, site: Site
) -> Value:
    """Keep a hook, unless it may be gone when the model runs, or gets more than others."""
    hook = arguments.get(0, "hook")
    plain = len(arguments.args) == 1 and not arguments.kwargs.keys() - {"hook"}
    if not plain or not isinstance(hook, (Function, BoundMethod, Partial)):
        return UNKNOWN
    if ".remove()" not in site.module.text:
        interp.heap.write(instance, _SLOTS[method], Tuple((*_kept(instance, _SLOTS[method]), hook)))
    return UNKNOWN


def _kept(instance: Instance, slot: str) -> tuple[Value, ...]:
    kept = instance.slots.get(slot)
    return kept.items if isinstance(kept, Tuple) else ()


def before(interp: Interpreter, instance: Instance, arguments: Arguments, site: Site) -> Arguments:
    """The arguments that hooks make of those of a call."""
    for hook in _kept(instance, _BEFORE):
        given = Tuple(arguments.args)
        made = interp.call(hook, Arguments((instance, given)), site)
        args = made.items if isinstance(made, Tuple) and not made.open else (made,)
        if isinstance(made, (Tensor, Tuple)):
            spelled = arguments.spelled
            arguments = type(arguments)(args, dict(arguments.kwargs))
            arguments.spelled = spelled
    return arguments


def behind(
    interp: Interpreter, instance: Instance, arguments: Arguments, result: Value, site: Site
) -> Value:
    """What hooks make of the result of a call."""
    for hook in _kept(instance, _BEHIND):
        made = interp.call(hook, Arguments((instance, Tuple(arguments.args), result)), site)
        if made != UNKNOWN:
            result = join(result if each == NONE else each for each in options_of(made))
    return result
