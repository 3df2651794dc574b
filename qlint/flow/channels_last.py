"""Views that join the channels of what an int8 convolution puts out with its pixels.

The channels are known from the layer, the features from the view or from the ``nn.Linear`` behind
it: where there are more features than channels, there is more than one pixel.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import layer_attributes
from qlint.flow.containers import items_of
from qlint.flow.events import UnsupportedOperation
from qlint.flow.values import (
    FLOAT,
    ChannelsLast,
    Constant,
    External,
    Tensor,
    Value,
    common_format,
    options_of,
    tensors_in,
)
from qlint.semantics import memory_format
from qlint.semantics.kernels import Outcome
from qlint.semantics.names import NN
from qlint.semantics.operations import VIEW

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.values import Instance


def after_module(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, result: Value
) -> Value:
    """The output of a layer of torch, in its memory format."""
    if not isinstance(result, Tensor):
        return result
    before = common_format(arguments.values())
    after = None
    if base in memory_format.CONVOLUTIONS:
        channels = _number(layer_attributes.get(interp, instance, base, "out_channels"))
        is_swapped = isinstance(instance.cls, External) and result.may_be_quantized
        if is_swapped and channels > 1:
            after = ChannelsLast(channels, memory_format.CONVOLUTIONS[base])
    elif before is not None and before.flattened is not None:
        after = before if base in memory_format.BEFORE_LINEAR else None
        if base == NN + "Linear":
            features = layer_attributes.get(interp, instance, base, "in_features")
            if _joins_pixels(before, features):
                interp.report(before.flattened)
    elif before is not None and base in memory_format.MODULES[before.dimensions]:
        after = before
    return _in_format(result, after)


def after_functional(method: str, arguments: Arguments, result: Tensor) -> Tensor:
    """The output of a FloatFunctional, in its memory format."""
    keeps = method in memory_format.FUNCTIONAL
    return _in_format(result, common_format(arguments.values()) if keeps else None)


def after_operation(
    interp: Interpreter, short: str, arguments: Arguments, site: Site, result: Value
) -> Value:
    """The output of an operation, in its memory format; an event if it is a view that fails."""
    if not isinstance(result, Tensor):
        return result
    before = common_format(arguments.args[:1])
    if before is None or before.flattened is not None:
        return _in_format(result, None)
    if short == "view":
        return _view(interp, before, arguments, site, result)
    keeps = short in memory_format.OPERATIONS[before.dimensions]
    return _in_format(result, before if keeps else None)


def dequantized(arguments: Arguments) -> Tensor:
    """What a DeQuantStub makes of its input."""
    given = next((each for value in arguments.values() for each in tensors_in(value)), FLOAT)
    return _in_format(FLOAT, given.channels_last)


def _view(
    interp: Interpreter, before: ChannelsLast, arguments: Arguments, site: Site, result: Tensor
) -> Tensor:
    sizes = arguments.args[1:]
    if len(sizes) == 1:
        listed = items_of(sizes[0])
        sizes = () if listed is None or listed.open else listed.items
    if len(sizes) != 2 or arguments.more:
        return _in_format(result, None)
    tensor = next(tensors_in(arguments.args[0]))
    event = UnsupportedOperation(VIEW, ".view()", Outcome.FAILS, site, tensor)
    if _joins_pixels(before, sizes[1]):
        interp.report(event)
    is_open = not isinstance(sizes[1], Constant) or sizes[1].value == -1
    return _in_format(result, replace(before, flattened=event) if is_open else None)


def _joins_pixels(before: ChannelsLast, features: Value | None) -> bool:
    """Whether there are so many features that each is of one channel and one of several pixels."""
    count = _number(features)
    return count > before.channels and count % before.channels == 0


def _number(value: Value | None) -> int:
    """A number that is known, be it as the default of a parameter; 0 for anything else."""
    options = () if value is None else options_of(value)
    known = [each.value for each in options if isinstance(each, Constant)]
    return known[0] if len(known) == 1 and isinstance(known[0], int) else 0


def _in_format(tensor: Tensor, channels_last: ChannelsLast | None) -> Tensor:
    if tensor.channels_last is channels_last:
        return tensor
    return replace(tensor, channels_last=channels_last)
