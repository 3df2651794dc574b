"""What torch's layers keep of the arguments that they were made with: ``conv.stride``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.containers import items_of
from qlint.flow.truth import truth
from qlint.flow.values import (
    FLOAT,
    NONE,
    NOT_TENSOR,
    Constant,
    External,
    Partial,
    Tuple,
    Value,
    join,
)
from qlint.semantics import layers

if TYPE_CHECKING:
    from qlint.flow.calls import Arguments
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.values import Instance

# The slot of the arguments; no attribute is named so.
_ARGUMENTS = "<arguments>"


def note_arguments(instance: Instance, base: str, arguments: Arguments) -> None:
    """Keep the arguments that a layer is made with."""
    if layers.parameters(base) and not arguments.more:
        made = Partial(External(base), arguments.args, arguments.kwargs)
        instance.slots[_ARGUMENTS] = made


def get(interp: Interpreter, instance: Instance, base: str, name: str) -> Value | None:
    """The value of a layer's attribute, None if it is none that the arguments tell."""
    made = instance.slots.get(_ARGUMENTS)
    if not isinstance(made, Partial):
        return None
    for switch in layers.OPTIONAL.get(name, ()):
        given = _argument(made, base, switch)
        if given is not None:
            has = truth(interp, given)
            return join([FLOAT, NONE]) if has is None else FLOAT if has else NONE
    given = _argument(made, base, name)
    dimensions = layers.dimensions(base) if name in layers.SIZES else 0
    if given is None or not dimensions:
        return given
    is_text = isinstance(given, Constant) and isinstance(given.value, str)
    return given if is_text or items_of(given) is not None else Tuple((given,) * dimensions)


def _argument(made: Partial, base: str, name: str) -> Value | None:
    """What a parameter of the constructor got; None if there is no such parameter."""
    parameters = layers.parameters(base)
    if name not in parameters:
        return None
    position = list(parameters).index(name)
    if position < len(made.args):
        return made.args[position]
    default = parameters[name]
    given = made.kwargs.get(name)
    if given is not None:
        return given
    return NOT_TENSOR if default is layers.REQUIRED else Constant(default)
