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
    State,
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
            one = before is not None and before.several is False
            dimensions = memory_format.CONVOLUTIONS[base]
            after = ChannelsLast(channels, dimensions, several=False if one else None)
    elif before is not None and before.flattened is not None:
        after = before if base in memory_format.BEFORE_LINEAR else None
        if base == NN + "Linear":
            features = layer_attributes.get(interp, instance, base, "in_features")
            if _joins_pixels(before, features):
                interp.report(before.flattened)
    elif before is not None and _keeps(base, before, arguments):
        size = layer_attributes.get(interp, instance, base, "output_size")
        after = _pooled(interp, base.removeprefix(NN), before, size)
    if after is None and base.removeprefix(NN) in memory_format.ADAPTIVE_POOLS:
        after = _ONE_PIXEL
    return _in_format(result, after)


# What an adaptive pool has made of a tensor in any format is viewed as any other: only what a
# convolution makes of that is known to have no more pixels.
_ONE_PIXEL = ChannelsLast(0, 2, several=False)


def _pooled(
    interp: Interpreter, pool: str, before: ChannelsLast, size: Value | None
) -> ChannelsLast:
    """The format behind something that keeps it: a pool may leave one pixel of each image."""
    if pool in memory_format.POOLS:
        one = before.several is False or interp.folded == interp.epoch
        return replace(before, several=False if one else None)
    if pool not in memory_format.ADAPTIVE_POOLS:
        return before
    items = None if size is None else items_of(size)
    sizes = (size,) if items is None else items.items
    return replace(before, several=any(_number(each) > 1 for each in sizes))


def after_functional(method: str, arguments: Arguments, result: Tensor) -> Tensor:
    """The output of a FloatFunctional, in the memory format of its first operand."""
    if method == "cat":
        return _in_format(result, _joined(arguments))
    keeps = method in memory_format.FUNCTIONAL
    return _in_format(result, common_format(arguments.args[:1]) if keeps else None)


def after_operation(
    interp: Interpreter, short: str, arguments: Arguments, site: Site, result: Value
) -> Value:
    """The output of an operation, in its memory format; an event if it is a view that fails."""
    note_folding(interp, short, arguments)
    if not isinstance(result, Tensor):
        return result
    if short in ("cat", "concat"):
        return _in_format(result, _joined(arguments))
    before = common_format(arguments.args[:1])
    if before is None or before.flattened is not None:
        return _in_format(result, None)
    if short == "view":
        return _view(interp, before, arguments, site, result)
    keeps = _keeps(short, before, arguments)
    after = _pooled(interp, short, before, arguments.get(1, "output_size")) if keeps else None
    return _in_format(result, after)


def _keeps(name: str, before: ChannelsLast, arguments: Arguments) -> bool:
    """Whether a module or operation puts out what it gets in the format of that."""
    dimensions = before.dimensions
    if name in memory_format.MODULES[dimensions] or name in memory_format.OPERATIONS[dimensions]:
        return True
    tensor = next((each for value in arguments.args for each in tensors_in(value)), None)
    is_image = tensor is not None and tensor.state is State.FLOAT and dimensions == _IMAGE
    return is_image and (
        name in memory_format.FLOAT_MODULES or name in memory_format.FLOAT_OPERATIONS
    )


_IMAGE = 2


def quantized(arguments: Arguments, result: Tensor) -> Tensor:
    """What a QuantStub makes of its input, in the format of that."""
    return _in_format(result, common_format(arguments.values()))


def note_folding(interp: Interpreter, short: str, arguments: Arguments) -> None:
    """Note that a batch of clips may have become one of images: ``x.view(b * t, c, h, w)``."""
    if _folds(short, arguments):
        interp.folded = interp.epoch


def _folds(short: str, arguments: Arguments) -> bool:
    if short == "flatten":
        return arguments.get(1, "start_dim") == Constant(0)
    if short not in ("view", "reshape"):
        return False
    sizes = _sizes(arguments)
    # A number for each channel is no image: `x.view(b, c, 1, 1)`.
    return sizes is None or (len(sizes) >= _SEQUENCES and sizes[-1] != Constant(1))


# The dimensions of what sequences are in.
_SEQUENCES = 3


def _sizes(arguments: Arguments) -> tuple[Value, ...] | None:
    """The sizes that a view is given one by one or as a tuple, None if not all are known."""
    given = arguments.kwargs.get("size", arguments.kwargs.get("shape"))
    sizes = arguments.args[1:] if given is None else (given,)
    if len(sizes) == 1:
        listed = items_of(sizes[0])
        sizes = sizes if listed is None else listed.items
        if listed is not None and listed.open:
            return None
    return None if arguments.more else sizes


def _joined(arguments: Arguments) -> ChannelsLast | None:
    """The format of what is joined along the channels."""
    parts = items_of(arguments.args[0]) if arguments.args else None
    if parts is None or parts.open or arguments.get(1, "dim") != Constant(1):
        return None
    formats = [common_format((each,)) for each in parts.items]
    known = [each for each in formats if each is not None and each.flattened is None]
    if _ONE_PIXEL in known:
        return None
    if not known or len(known) < len(formats) or len({each.dimensions for each in known}) > 1:
        return None
    return replace(known[0], channels=sum(each.channels for each in known))


def dequantized(arguments: Arguments) -> Tensor:
    """What a DeQuantStub makes of its input."""
    given = next((each for value in arguments.values() for each in tensors_in(value)), FLOAT)
    return _in_format(FLOAT, given.channels_last)


def _view(
    interp: Interpreter, before: ChannelsLast, arguments: Arguments, site: Site, result: Tensor
) -> Tensor:
    sizes = _sizes(arguments)
    if sizes is None or len(sizes) != 2:
        return _in_format(result, None)
    tensor = next(tensors_in(arguments.args[0]))
    event = UnsupportedOperation(VIEW, ".view()", Outcome.FAILS, site, tensor)
    is_open = not isinstance(sizes[1], Constant) or sizes[1].value == -1
    if _joins_pixels(before, sizes[1]) or (is_open and before.several):
        interp.report(event)
    elif is_open:
        return _in_format(result, replace(before, flattened=event))
    return _in_format(result, None)


def _joins_pixels(before: ChannelsLast, features: Value | None) -> bool:
    """Whether there are so many features that each is of one channel and one of several pixels."""
    if before.several is False:
        return False
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
