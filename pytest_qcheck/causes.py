"""Why a converted layer is not what its fake-quant twin promised.

Each cause is established by an experiment on the failing call itself: remove the suspect
(switch the fake-quant on, take the other grid, compute exactly) and see whether the
difference goes away. What no experiment explains is called unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.ao.nn.intrinsic.quantized as nniq
import torch.ao.nn.quantized as nnq
from torch import nn
from torch.ao.quantization import FakeQuantizeBase
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from pytest_qcheck.isolation import map_tensors
from pytest_qcheck.layerwise import Call, as_float, to_grid
from pytest_qcheck.numerics import lsb_difference
from pytest_qcheck.twins import WeightGrid, grid_of, switch_fake_quants

_CONVOLUTIONS: dict[type, Any] = {
    nnq.Conv1d: functional.conv1d,
    nnq.Conv2d: functional.conv2d,
    nnq.Conv3d: functional.conv3d,
    nniq.ConvReLU1d: functional.conv1d,
    nniq.ConvReLU2d: functional.conv2d,
    nniq.ConvReLU3d: functional.conv3d,
}
_TRANSPOSED: dict[type, Any] = {
    nnq.ConvTranspose1d: functional.conv_transpose1d,
    nnq.ConvTranspose2d: functional.conv_transpose2d,
    nnq.ConvTranspose3d: functional.conv_transpose3d,
}
_LINEARS = (nnq.Linear, nniq.LinearReLU)
_WITH_RELU = (nniq.ConvReLU1d, nniq.ConvReLU2d, nniq.ConvReLU3d, nniq.LinearReLU)
_INT16_ENGINES = ("x86", "fbgemm", "onednn")
_LARGEST_INT16 = 32767
# An experiment explains a difference if it removes all but this share of it: the grids
# are equal then, and what is left is rounding at ties.
_UNEXPLAINED = 0.05
# Qparams that agree to this relative difference differ by float arithmetic only.
_SAME_SCALE = 1e-5


@dataclass(frozen=True)
class Cause:
    """A cause: a few words for the table, and the sentences below it."""

    label: str
    meaning: str
    cure: str


UNKNOWN = Cause(
    "cause unknown",
    "the layer computes something else than its fake-quant twin, on the same inputs. No known "
    "cause explains it: the grids are the same, fake-quant is on, and the int8 kernel is exact "
    "for the converted layer's parameters where that could be checked.",
    "compare the layer's weight and attributes in both models; a changed or custom layer can "
    "compute something else than its twin.",
)


@dataclass(frozen=True)
class Circumstances:
    """What is known beside the failing call.

    Attributes:
        max_lsb: tolerance in LSB.
        engine: the quantized engine that ran the converted model.
        given: whether the caller handed in the converted model.
        observing: names of modules whose quantizer still observed in the prepared model.
    """

    max_lsb: float
    engine: str
    given: bool
    observing: frozenset[str]


@torch.no_grad()
def diagnose(call: Call, reference: torch.Tensor, known: Circumstances) -> Cause:
    """The cause of a call that is beyond the tolerance, `UNKNOWN` if none can be shown."""
    if reference.shape != call.output.shape:
        return _other_model("its output has another shape than its twin's")
    evidence = _Evidence(call, reference, known)
    return (
        _batch_norm_trains(evidence)
        or _fake_quant_off(evidence)
        or _other_grid(evidence)
        or _fake_quant_clips(evidence)
        or _kernel_is_wrong(evidence)
        or _memory_format(evidence)
        or _other_parameters(evidence)
        or UNKNOWN
    )


@dataclass(frozen=True, eq=False)
class _Evidence:
    call: Call
    reference: torch.Tensor
    known: Circumstances

    def share(self, reference: torch.Tensor, got: torch.Tensor | None = None) -> float:
        """Share of elements beyond the tolerance, of the converted output unless told."""
        got = self.call.output.dequantize() if got is None else got
        steps = lsb_difference(reference, got, self.call.scale)
        return float((steps > self.known.max_lsb).double().mean())

    def explained_by(self, reference: torch.Tensor, got: torch.Tensor | None = None) -> bool:
        """Whether the difference is gone when these are compared instead."""
        return self.share(reference, got) <= _UNEXPLAINED * self.share(self.reference)


def _batch_norm_trains(evidence: _Evidence) -> Cause | None:
    twin = evidence.call.twin
    training = [m for m in twin.modules() if isinstance(m, _BatchNorm) and m.training]
    for module in training:
        module.training = False
    try:
        if not training or not evidence.explained_by(evidence.call.reference()):
            return None
    finally:
        for module in training:
            module.training = True
    return Cause(
        "batch norm in train mode",
        "the twin's batch norm stays in train mode even after model.eval(), so it normalizes "
        "with the batch's statistics; the converted layer has the running statistics folded in.",
        "freeze it with `model.apply(torch.ao.nn.intrinsic.qat.freeze_bn_stats)`, or repair the "
        "`train()` method that keeps it in train mode.",
    )


def _fake_quant_off(evidence: _Evidence) -> Cause | None:
    switched = switch_fake_quants(evidence.call.twin, on=True)
    try:
        if not switched or not evidence.explained_by(evidence.call.reference()):
            return None
    finally:
        switch_fake_quants_back(switched)
    kinds = " and ".join(sorted({quantizer.kind for quantizer in switched}))
    return Cause(
        f"fake-quant is off ({kinds})",
        "with its fake-quant switched on the twin agrees with the converted layer: the prepared "
        "model computes in float here, without the rounding and clamping of int8.",
        "call `model.apply(torch.ao.quantization.enable_fake_quant)` before you evaluate or "
        "convert.",
    )


def switch_fake_quants_back(switched: list[Any]) -> None:
    """Undo what `switch_fake_quants(..., on=True)` did."""
    for quantizer in switched:
        switch_fake_quants(quantizer.module, on=False)


def _other_grid(evidence: _Evidence) -> Cause | None:
    """The converted layer's output grid is not the one the twin rounds to."""
    call, known = evidence.call, evidence.known
    quantizer = call.quantizer
    used = _grid_in_use(quantizer)
    if used is None or call.keeps_input_grid:
        return None
    got = (call.scale, int(call.output.q_zero_point()))
    if _same_grid(used, got):
        return None
    if not evidence.explained_by(to_grid(call.unquantized(), call.output)):
        return None
    between = f"the twin has {_grid_text(used)}, the converted layer {_grid_text(got)}"
    computed = grid_of(quantizer)
    if computed is not None and _same_grid((computed.scale, computed.zero_point), got):
        return Cause(
            "fake-quant's qparams are not its observer's",
            f"{between}. convert does not read the fake-quant's scale, it computes qparams from "
            "the range its observer saw, and these differ.",
            "run one forward with the observer on, or set the observer's min_val and max_val "
            "together with the scale.",
        )
    if call.name in known.observing:
        return Cause(
            "observer still on, qparams moved",
            f"{between}. The prepared model's observer is still on: each forward, also in eval "
            "mode, moves its qparams, and the converted model has those of an earlier moment.",
            "call `model.apply(torch.ao.quantization.disable_observer)` before convert, and "
            "convert again.",
        )
    return Cause(
        "qparams differ: stale converted model",
        f"{between}. On the same grid the two agree: the converted model was made from another "
        "state of the prepared model, or its qparams were changed afterwards.",
        "convert again from the prepared model as it is now.",
    )


def _fake_quant_clips(evidence: _Evidence) -> Cause | None:
    """The twin clamps to a part of the int8 range, of which the kernel uses all."""
    call = evidence.call
    limits_of_twin = _limits(call)
    if limits_of_twin is None:
        return None
    low, high = limits_of_twin
    integers = call.output.int_repr().int()
    if not evidence.explained_by(evidence.reference, _clamped(call, integers, low, high)):
        return None
    limits = torch.iinfo(call.output.dtype)
    outside = float(((integers < low) | (integers > high)).double().mean())
    return Cause(
        f"fake-quant clips at {high if bool((integers > high).any()) else low}",
        f"the fake-quant clamps to {low}..{high}, int8 tensors hold {limits.min}..{limits.max}: "
        f"{100 * outside:.2g} % of the converted layer's values lie beyond what the twin can "
        "show, and the model was trained without them.",
        "train with a fake-quant of the dtype's whole range (or its half, as reduce_range has "
        "it): eager convert knows no other widths.",
    )


def _limits(call: Call) -> tuple[int, int] | None:
    """The integers between which the twin's fake-quant clamps."""
    grid = getattr(call.quantizer, "activation_post_process", call.quantizer)
    low, high = getattr(grid, "quant_min", None), getattr(grid, "quant_max", None)
    if not isinstance(call.quantizer, FakeQuantizeBase) or low is None or high is None:
        return None
    return int(low), int(high)


def _clamped(call: Call, integers: torch.Tensor, low: int, high: int) -> torch.Tensor:
    shown: torch.Tensor = (integers.clamp(low, high) - call.output.q_zero_point()) * call.scale
    return shown


def _kernel_is_wrong(evidence: _Evidence) -> Cause | None:
    """Exact arithmetic with the converted layer's own numbers agrees with the twin."""
    call, known = evidence.call, evidence.known
    exact = exact_output(call)
    if exact is None or evidence.share(exact) == 0:
        return None
    limits = _limits(call)
    if limits is not None:  # what the twin cannot show says nothing of the kernel
        integers = (exact / call.scale).round() + call.output.q_zero_point()
        shown = _clamped(call, integers, *limits).to(exact.dtype)
    else:
        shown = exact
    if not any(evidence.explained_by(each, evidence.reference) for each in (exact, shown)):
        return None
    exactly = (
        "computed exactly from the converted layer's own integers, the result agrees with the "
        f"twin: the {known.engine} kernel is what is wrong."
    )
    largest_input = int(call.args[0].int_repr().max())
    largest_weight = _largest_weight(call)
    largest_sum = 2 * largest_input * largest_weight
    sums = known.engine in _INT16_ENGINES and type(call.layer) is not nnq.PReLU
    if sums and largest_sum > _LARGEST_INT16 and _is_exact_low(call):
        return Cause(
            "int16 saturation of the engine",
            f"{exactly} On a CPU without VNNI it adds pairs of products in int16, which "
            f"saturates: inputs up to {largest_input} and weights up to {largest_weight} give "
            f"2 * {largest_input} * {largest_weight} = {largest_sum} > {_LARGEST_INT16}.",
            "use a qconfig with reduce_range=True activations, such as get_default_qconfig"
            f"('{known.engine}') or get_default_qat_qconfig('{known.engine}'), and calibrate on "
            "data that covers the range.",
        )
    return Cause(
        "the engine's kernel is wrong",
        exactly,
        "run another engine (`torch.backends.quantized.engine`) and convert again there; or "
        "leave the layer in float, `layer.qconfig = None` before prepare, between DeQuantStub "
        "and QuantStub.",
    )


def _is_exact_low(call: Call) -> bool:
    """Whether the kernel is exact for inputs so small that nothing overflows in int16."""
    x = call.args[0]
    limit = _LARGEST_INT16 // (2 * max(_largest_weight(call), 1))
    integers = x.int_repr().clamp(max=limit)
    low = torch._make_per_tensor_quantized_tensor(integers, x.q_scale(), x.q_zero_point())
    args = (low, *call.args[1:])
    trial = replace(call, args=args, output=_rerun(call, args))
    exact = exact_output(trial)
    if exact is None:
        return False
    return float(lsb_difference(exact, trial.output.dequantize(), trial.scale).max()) <= 1


def _largest_weight(call: Call) -> int:
    weight: Any = call.layer.weight
    weight = weight() if callable(weight) else weight
    return int(weight.int_repr().int().abs().max())


def _memory_format(evidence: _Evidence) -> Cause | None:
    """The kernel gives another result for the same values in another memory format."""
    call, known = evidence.call, evidence.known
    contiguous = map_tensors(call.args, torch.Tensor.contiguous)
    if not evidence.explained_by(evidence.reference, _rerun(call, contiguous).dequantize()):
        return None
    return Cause(
        "the engine's kernel misreads channels_last",
        f"on the same values as a contiguous tensor the {known.engine} kernel agrees with the "
        "twin. Here it gets them in channels_last format, in which int8 convolutions put out "
        "all their results.",
        "call `x = x.contiguous()` before this layer, or run another engine "
        "(`torch.backends.quantized.engine`).",
    )


def _rerun(call: Call, args: tuple[Any, ...]) -> Any:
    """What the converted layer gives for other arguments; its hooks do not see it."""
    method = getattr(type(call.layer), call.method or "forward")
    return method(call.layer, *args, **call.kwargs)


def _other_parameters(evidence: _Evidence) -> Cause | None:
    """The kernel is exact, so it has been given other weights or another bias."""
    call, known = evidence.call, evidence.known
    exact = exact_output(call)
    if exact is None or evidence.share(exact) > 0:
        return None
    distance = _weight_distance(call)
    what = (
        f"its weights are up to {distance:.3g} steps of their own grid away from the twin's"
        if distance > 0
        else "its bias is not the twin's"
    )
    if known.given:
        return _other_model(what)
    scales = _weight_scales(call.twin)
    if scales is not None and not torch.allclose(*scales, rtol=1e-4, atol=0):
        if not _explained_by_weight_scale(evidence):
            return None
        apart = float(((scales[0] - scales[1]).abs() / scales[1]).max())
        return Cause(
            "weight fake-quant's scale is not its observer's",
            f"{what}. convert does not read the weight fake-quant's scale, it computes it from the "
            f"range its observer saw, and these are {100 * apart:.2g} % apart.",
            "run one forward with the weight observers on before they are switched off, or do not "
            "set the scale by hand.",
        )
    return Cause(
        "weights differ from the twin's",
        f"the int8 kernel is exact, but {what}: convert folded or rounded other values.",
        "compare the layer's weight_fake_quant and batch norm with the converted weight.",
    )


def _explained_by_weight_scale(evidence: _Evidence) -> bool:
    """Whether the twin agrees once its weights are on the grid that convert takes."""
    modules = evidence.call.twin._modules
    weight = modules["weight_fake_quant"]
    modules["weight_fake_quant"] = WeightGrid(weight)
    try:
        return evidence.explained_by(evidence.call.reference())
    finally:
        modules["weight_fake_quant"] = weight


def _other_model(what: str) -> Cause:
    return Cause(
        "parameters differ: stale converted model",
        f"the int8 kernel is exact for the parameters it was given, but {what}: the converted "
        "model was made from another state of the prepared model.",
        "convert again from the prepared model as it is now.",
    )


def exact_output(call: Call) -> torch.Tensor | None:
    """What a layer with weights must give for its integers, in float64, on its grid.

    Products and sums of 8-bit integers are exact in float64; only the last rounding to the
    output's grid remains. None for other layers.
    """
    layer: Any = call.layer
    kind = type(layer)
    if call.method or not call.args or getattr(layer, "padding_mode", "zeros") != "zeros":
        return None
    x = as_float(call.args[0]).double()
    if kind is nnq.PReLU:
        return to_grid(functional.prelu(x, layer.weight.dequantize().double()), call.output)
    if kind not in (*_CONVOLUTIONS, *_TRANSPOSED, *_LINEARS):
        return None
    weight, bias = layer.weight().dequantize().double(), layer.bias()
    bias = None if bias is None else bias.double()
    if kind in _LINEARS:
        y = functional.linear(x, weight, bias)
    elif kind in _TRANSPOSED:
        padding = (layer.padding, layer.output_padding)
        y = _TRANSPOSED[kind](x, weight, bias, layer.stride, *padding, layer.groups, layer.dilation)
    else:
        convolution = _CONVOLUTIONS[kind]
        y = convolution(x, weight, bias, layer.stride, layer.padding, layer.dilation, layer.groups)
    if isinstance(layer, _WITH_RELU):
        y = y.relu()
    return to_grid(y, call.output)


def _grid_in_use(quantizer: nn.Module | None) -> tuple[float, int] | None:
    """Scale and zero point that a quantizer rounds with now; None for an Identity."""
    scale, zero_point = getattr(quantizer, "scale", None), getattr(quantizer, "zero_point", None)
    if scale is None or zero_point is None:
        return None
    return float(scale), round(float(zero_point))


def _same_grid(one: tuple[float, int], other: tuple[float, int]) -> bool:
    return one[1] == other[1] and abs(one[0] - other[0]) <= _SAME_SCALE * abs(one[0])


def _grid_text(grid: tuple[float, int]) -> str:
    return f"scale {grid[0]:.6g}, zero_point {grid[1]}"


def _weight_distance(call: Call) -> float:
    """Greatest distance between the twin's and the converted weight, in weight steps."""
    layer: Any = call.layer
    converted = layer.weight()
    twin = _effective_weight(call)
    if twin is None or twin.shape != converted.shape:
        return 0.0
    if converted.qscheme() == torch.per_tensor_affine:
        scale = torch.tensor(converted.q_scale())
    else:
        scale = converted.q_per_channel_scales().reshape(-1, *[1] * (converted.dim() - 1))
    steps = (twin.double() - converted.dequantize().double()).abs() / scale
    return float(steps.max().mul(1000).round().div(1000))


def _effective_weight(call: Call) -> torch.Tensor | None:
    """The weight that the twin multiplies with, after batch norm folding and fake-quant."""
    fake_quant = getattr(call.twin, "weight_fake_quant", None)
    if fake_quant is None:
        inner = call.twin if hasattr(call.twin, "weight") else next(call.twin.children(), None)
        weight = getattr(inner, "weight", None)
        return weight if isinstance(weight, torch.Tensor) else None
    seen: list[torch.Tensor] = []
    handle = fake_quant.register_forward_hook(lambda _m, _a, output: seen.append(output))
    try:
        call.reference()
    finally:
        handle.remove()
    return seen[0]


def _weight_scales(twin: nn.Module) -> tuple[torch.Tensor, torch.Tensor] | None:
    """The weight fake-quant's scale in use, and the one that convert computes."""
    fake_quant: Any = getattr(twin, "weight_fake_quant", None)
    used = getattr(fake_quant, "scale", None)
    if not isinstance(used, torch.Tensor):
        return None
    computed, _ = fake_quant.calculate_qparams()
    return (used, computed) if used.shape == computed.shape else None
