"""The fake-quant twin: a prepared model that computes, in float, what convert promises.

In a QAT model the fake-quants stay as they are, but that weights are on the grid that
convert will take, where torch's fused kernel is a little off it. A PTQ model has only
observers, so its twin gets what convert would make of them: activations on the observer's
grid, weights on the grid of the qconfig's weight observer. In both, nothing observes any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.ao.quantization import FusedMovingAvgObsFakeQuantize
from torch.ao.quantization.quantization_mappings import get_default_static_quant_module_mappings

from pytest_qcheck.isolation import copy_model, quiet
from pytest_qcheck.quantizers import Quantizer, find_quantizers
from pytest_qcheck.wrappers import named_modules

# (128 / 127.5 - 1), the farthest that torch's fused kernel is from its observer, and some.
_FUSED_SCALE_ERROR = 0.0041
_GRID_DTYPES = (torch.quint8, torch.qint8, torch.qint32)


@dataclass(frozen=True, eq=False)
class Twin:
    """A copy of a prepared model that can be measured against its converted form.

    Attributes:
        model: the copy: CPU, eval mode, no observer running.
        modules: its modules by name.
        observing: names of modules whose quantizer still observed in the original.
        uncalibrated: names of modules whose quantizer has never seen data.
    """

    model: nn.Module
    modules: dict[str, nn.Module]
    observing: frozenset[str]
    uncalibrated: frozenset[str]


def make_twin(prepared: nn.Module) -> Twin:
    """The twin of a prepared model, which stays as it is.

    Raises:
        AssertionError: if the model cannot be copied.
    """
    __tracebackhide__ = True
    model = copy_model(prepared).cpu()
    quantizers = find_quantizers(model)
    with torch.no_grad(), quiet():
        _prepare(model, quantizers)
    return Twin(
        model=model,
        modules=dict(named_modules(model)),
        observing=frozenset(q.owner for q in quantizers if q.fake_quant is not None and q.observer),
        uncalibrated=frozenset(
            q.owner for q in quantizers if q.seen_data is False and not q.parameters
        ),
    )


def _prepare(model: nn.Module, quantizers: list[Quantizer]) -> None:
    for quantizer in quantizers:
        if quantizer.fake_quant is None:
            grid = grid_of(quantizer.module)
            if grid is not None:
                _replace(model, quantizer.module, grid)
        elif quantizer.observer:
            _switch(quantizer, "observer", on=False)
        if _has_fused_scale(quantizer):
            _replace(model, quantizer.module, WeightGrid(quantizer.module))
    _quantize_weights(model)


def _has_fused_scale(quantizer: Quantizer) -> bool:
    """Whether a weight is on a grid that only torch's fused fake-quant kernel computes.

    For a symmetric scale the kernel takes max(-min / 128, max / 127); its observer, and with it
    convert, takes max(-min, max) / 127.5. The two are up to 0.4 % apart in every healthy model.
    """
    module = quantizer.module
    if not isinstance(module, FusedMovingAvgObsFakeQuantize) or quantizer.kind != "weight":
        return False
    used, (computed, _) = module.scale, module.calculate_qparams()
    if not quantizer.fake_quant or used.shape != computed.shape:
        return False
    return 0 < float(((used - computed).abs() / computed).max()) < _FUSED_SCALE_ERROR


class Grid(nn.Module):
    """Rounds to a per-tensor grid and clamps to its dtype, as an int8 layer's output is."""

    def __init__(self, scale: float, zero_point: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.scale, self.zero_point = scale, zero_point
        limits = torch.iinfo(dtype)
        # A `reduce_range` observer has a smaller quant_max, but it only chooses the scale
        # with it: the converted layer uses the dtype's whole range.
        self.quant_min, self.quant_max = limits.min, limits.max

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The nearest values on the grid."""
        return torch.fake_quantize_per_tensor_affine(
            x.float(), self.scale, self.zero_point, self.quant_min, self.quant_max
        )


class WeightGrid(nn.Module):
    """Rounds weights to the grid that convert takes from a weight observer or fake-quant."""

    def __init__(self, observer: Any) -> None:
        super().__init__()
        self.observer = observer

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The nearest values on the grid."""
        return _on_weight_grid(weight, self.observer)


def grid_of(observer: Any) -> Grid | None:
    """The per-tensor grid that convert takes from an observer or fake-quant; None for others."""
    dtype = getattr(observer, "dtype", None)
    if dtype not in _GRID_DTYPES:
        return None
    try:
        scale, zero_point = observer.calculate_qparams()
    except Exception:  # Placeholder and no-op observers have no qparams and raise as they like.
        return None
    if scale.numel() != 1:
        return None
    return Grid(float(scale), int(zero_point), dtype)


def switch_fake_quants(module: nn.Module, on: bool) -> list[Quantizer]:
    """Switch every fake-quant inside `module`; returns those that were in the other state."""
    switched = [
        quantizer
        for quantizer in find_quantizers(module)
        if quantizer.fake_quant is not None and quantizer.fake_quant != on
    ]
    for quantizer in switched:
        _switch(quantizer, "fake_quant", on=on)
    return switched


def _switch(quantizer: Quantizer, toggle: str, *, on: bool) -> None:
    attribute = quantizer.toggle_names.get(toggle)
    if attribute is None:
        return
    flag = getattr(quantizer.module, attribute)
    if isinstance(flag, torch.Tensor):
        flag.fill_(int(on))
    else:
        setattr(quantizer.module, attribute, on)


def _replace(model: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Put `new` everywhere where `old` stands; one observer may have several owners."""
    for module in list(model.modules()):
        for name, child in module._modules.items():
            if child is old:
                module._modules[name] = new


def _quantize_weights(model: nn.Module) -> None:
    """Round the float weights that convert will quantize, as convert does.

    Formula of `torch.ao.nn.quantized.modules.utils._quantize_weight`: a fresh weight
    observer of the qconfig sees the weight once and gives the qparams.
    """
    swapped = get_default_static_quant_module_mappings()
    for module in model.modules():
        qconfig = getattr(module, "qconfig", None)
        if (
            qconfig is not None
            and type(module) in swapped
            and isinstance(module, (nn.modules.conv._ConvNd, nn.Linear))
            and not hasattr(module, "weight_fake_quant")
        ):
            observer = qconfig.weight()
            observer(module.weight)
            module.weight.copy_(_on_weight_grid(module.weight, observer))


def _on_weight_grid(weight: torch.Tensor, observer: Any) -> torch.Tensor:
    scale, zero_point = observer.calculate_qparams()
    observer = getattr(observer, "activation_post_process", observer)
    low, high = observer.quant_min, observer.quant_max
    if scale.numel() == 1:
        return torch.fake_quantize_per_tensor_affine(
            weight, float(scale), int(zero_point), low, high
        )
    return torch.fake_quantize_per_channel_affine(
        weight, scale.float(), zero_point.int(), observer.ch_axis, low, high
    )
