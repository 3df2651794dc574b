"""The int8 form of a copy of a model: what it would be after prepare, calibration and convert."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch.ao.nn.quantized as nnq
from torch import nn
from torch.ao import quantization
from torch.ao.quantization.quantization_mappings import get_default_static_quant_module_mappings
from torch.nn.utils.parametrize import type_before_parametrizations

from pytest_qcheck.isolation import copy_model, first_line, quiet, run
from pytest_qcheck.messages import failure
from pytest_qcheck.quantizers import find_quantizers
from pytest_qcheck.stage import converted_layers

if TYPE_CHECKING:
    from collections.abc import Iterator

_STUBS = (quantization.QuantStub, quantization.DeQuantStub)
_EMBEDDINGS = (nn.Embedding, nn.EmbeddingBag)

# prepare observes their output, which is a tuple, and no calibration gets past it.
_OBSERVED_IN_VAIN = (nn.GRU, nn.LSTMCell)
_OBSERVER = "activation_post_process"


def converted_copy(model: nn.Module, inputs: object) -> nn.Module:
    """A copy of `model`, in eval mode and in int8; prepared and calibrated if it is not yet.

    Args:
        model: a float, prepared or converted model.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.

    Raises:
        AssertionError: if the copy cannot be made, prepared, calibrated or converted.
        ValueError: if no QuantStub of it makes anything int8.
    """
    __tracebackhide__ = True
    converted = copy_model(model)
    if not converted_layers(model):
        if not find_quantizers(converted):
            _complete_qconfigs(converted)
            converted = _changed("prepare", converted)
        _calibrate(converted, model, inputs)
        converted = _changed("convert", converted)
    if not any(isinstance(module, nnq.Quantize) for module in converted.modules()):
        raise _nothing_int8(model)
    return converted


def _complete_qconfigs(model: nn.Module) -> None:
    """Give a float model the qconfig that is still missing.

    What was given, `None` too, stays. It is complete if it makes a QuantStub and a layer int8;
    otherwise the model gets a qconfig that works with every layer and engine, for all to which
    none was given.
    """
    given = [module for module, qconfig in _with_qconfigs(model) if qconfig is not None]
    kinds = set(get_default_static_quant_module_mappings()) | {nn.LSTM, nn.MultiheadAttention}
    layers = [
        module
        for module in given
        if type_before_parametrizations(module) in kinds
        and not isinstance(module, (*_STUBS, *_EMBEDDINGS))
    ]
    if layers and any(isinstance(module, quantization.QuantStub) for module in given):
        return
    if getattr(model, "qconfig", None) is None:
        model.qconfig = quantization.default_qconfig  # type: ignore[assignment]
    for module, qconfig in list(_with_qconfigs(model)):
        # The weights of the ones need a qconfig of another kind, the others must have none.
        unfit = isinstance(module, (*_EMBEDDINGS, *_OBSERVED_IN_VAIN))
        if unfit and qconfig is quantization.default_qconfig:
            module.qconfig = None  # type: ignore[assignment]


def _with_qconfigs(
    module: nn.Module, inherited: object = None
) -> Iterator[tuple[nn.Module, object]]:
    """Each module with the qconfig that prepare finds for it: its own, or its parent's."""
    qconfig = getattr(module, "qconfig", inherited)
    yield module, qconfig
    for child in module.children():
        yield from _with_qconfigs(child, qconfig)


def _changed(step: str, model: nn.Module) -> nn.Module:
    """What `prepare` or `convert` makes of `model`.

    Raises:
        AssertionError: if it raises.
    """
    __tracebackhide__ = True
    try:
        with quiet():
            changed: nn.Module = getattr(quantization, step)(model)
    except Exception as error:
        raise failure(
            f"{step} fails on {type(model).__name__}: {type(error).__name__}: {first_line(error)}",
            cure=f"{step} a copy of the model in eval mode; the chained error above is what it "
            "raised. Most often a layer's qconfig is of a kind that the layer does not take.",
        ) from error
    return changed


def _calibrate(prepared: nn.Module, model: nn.Module, inputs: object) -> None:
    """Run `prepared` once; if that fails, say whether `model` itself does.

    Raises:
        AssertionError: if one of them fails.
    """
    __tracebackhide__ = True
    for module in prepared.modules():
        if isinstance(module, _OBSERVED_IN_VAIN) and hasattr(module, _OBSERVER):
            setattr(module, _OBSERVER, nn.Identity())
    try:
        run(
            prepared,
            inputs,
            "The prepared model",
            cure="prepare a copy of the model and run it on the same inputs: the model itself "
            "runs; the chained error above is what the prepared one raised.",
        )
    except AssertionError:
        run(copy_model(model), inputs)
        raise


def lost_observer(module: nn.Module) -> bool:
    """Whether an observer was taken from a layer of a converted copy that ends calibration."""
    return isinstance(getattr(module, _OBSERVER, None), nn.Identity)


def _nothing_int8(model: nn.Module) -> ValueError:
    name = type(model).__name__
    if any(isinstance(module, quantization.QuantStub) for module in model.modules()):
        return ValueError(
            f"no QuantStub of {name} has a qconfig (`qconfig = None` switches it off), so no "
            "tensor of it becomes int8"
        )
    return ValueError(
        f"{name} has no QuantStub, so no tensor of it becomes int8: add stubs, or wrap it in "
        "torch.ao.quantization.QuantWrapper"
    )
