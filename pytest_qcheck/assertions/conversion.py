"""assert_matches_converted: the int8 model computes what its fake-quant twin promised."""

from __future__ import annotations

import linecache
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.ao.quantization import convert

from pytest_qcheck import isolation
from pytest_qcheck.causes import Cause, Circumstances, diagnose
from pytest_qcheck.conversion_report import (
    LAYER_COLUMNS,
    ConversionReport,
    LayerResult,
    OutputResult,
    decibels,
    layer_row,
    share,
    steps,
)
from pytest_qcheck.layerwise import Call, Meter, as_float
from pytest_qcheck.messages import count, failure, listed
from pytest_qcheck.numerics import lsb_difference, sqnr_db
from pytest_qcheck.quantizers import find_quantizers
from pytest_qcheck.stage import converted_layers, no_quantizers
from pytest_qcheck.twins import Twin, make_twin
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

_TORCH = str(Path(torch.__file__).parent) + os.sep
_OURS = str(Path(__file__).parents[1]) + os.sep


def assert_matches_converted(
    prepared: nn.Module,
    inputs: object,
    *,
    converted: nn.Module | None = None,
    max_lsb: float = 1,
    max_mismatch: float = 0.0,
    min_sqnr_db: float = 20.0,
    max_output_lsb: float | None = None,
) -> ConversionReport:
    """Assert that a prepared model and its converted form compute the same.

    Copies are converted and run on the CPU in eval mode, with the current
    `torch.backends.quantized.engine`. Each converted layer runs on its actual quantized
    inputs, and its twin, the module of the same name in the prepared model, on the same
    inputs dequantized; rounding errors of earlier layers therefore do not add up, and a
    healthy layer is within one step. In a QAT model the twin is the fake-quantized layer as
    it is; in a PTQ model its weight and output are put on the grids that its observers give.

    Args:
        prepared: an eager-mode model after prepare or prepare_qat, calibrated or trained;
            wrappers around it are looked through.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.
        converted: what `convert` made of `prepared`; made from a copy if it is None.
        max_lsb: steps of a layer's output grid by which an element may differ.
        max_mismatch: share of a layer's elements, 0 to 1, that may differ by more.
        min_sqnr_db: least end-to-end SQNR of every output against the prepared model's
            (on the same grids for PTQ), in dB: 10 * log10(sum(ref^2) / sum((ref - got)^2)).
        max_output_lsb: greatest end-to-end difference in steps of the output's grid; None
            does not look.

    Returns:
        What was measured, layer by layer and for each output; `str()` of it is a table.

    Raises:
        AssertionError: if a layer or an output differs by more; if convert or the int8 run
            raises; if the model is not prepared, or a layer that ran was never calibrated.
        TypeError: for arguments of another type.
        ValueError: for a tolerance out of its range, or a `converted` of another model.
    """
    __tracebackhide__ = True
    prepared = isolation.check_model(prepared, "prepared")
    isolation.as_call(inputs)
    _check_tolerances(max_lsb, max_mismatch, min_sqnr_db, max_output_lsb)
    if not find_quantizers(prepared):
        raise no_quantizers(prepared, "whose int8 form could be compared")

    engine = str(torch.backends.quantized.engine)
    inputs = isolation.map_tensors(inputs, torch.Tensor.cpu)
    int8 = _convert_copy(prepared) if converted is None else _checked_copy(converted, prepared)
    twin = make_twin(prepared)
    reference = isolation.run(twin.model, inputs, "The prepared model")
    comparison = _Comparison(Circumstances(max_lsb, engine, converted is not None, twin.observing))
    meter = Meter(int8, twin.modules, max_lsb, comparison.diagnose)
    got = _run_converted(int8, inputs)

    report = ConversionReport(
        layers=meter.results(comparison.labels()),
        outputs=tuple(_compare_outputs(reference, got, meter)),
        engine=engine,
        tolerance=max_lsb,
    )
    _check_calibrated(report, twin, meter)
    wrong = [layer for layer in report.layers if layer.mismatch > max_mismatch]
    if wrong:
        raise _wrong_layers(wrong, report, comparison.causes)
    _check_outputs(report, min_sqnr_db, max_output_lsb)
    return report


@dataclass(eq=False)
class _Comparison:
    """Collects the cause of each layer's first failing call."""

    known: Circumstances
    causes: dict[tuple[str, str], Cause] = field(default_factory=dict)

    def diagnose(self, call: Call, reference: torch.Tensor) -> None:
        self.causes[call.name, call.class_name] = diagnose(call, reference, self.known)

    def labels(self) -> dict[tuple[str, str], str]:
        return {key: cause.label for key, cause in self.causes.items()}


def _check_tolerances(
    max_lsb: object, max_mismatch: object, min_sqnr_db: object, max_output_lsb: object
) -> None:
    for name, value, low, high in (
        ("max_lsb", max_lsb, 0.0, math.inf),
        ("max_mismatch", max_mismatch, 0.0, 1.0),
        ("min_sqnr_db", min_sqnr_db, -math.inf, math.inf),
        ("max_output_lsb", 0 if max_output_lsb is None else max_output_lsb, 0.0, math.inf),
    ):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name} must be a number, got {value!r}")
        if not low <= value <= high:
            raise ValueError(f"{name} must be between {low:g} and {high:g}, got {value!r}")


def _convert_copy(prepared: nn.Module) -> nn.Module:
    """The int8 form of a copy of `prepared`."""
    __tracebackhide__ = True
    model = isolation.copy_model(prepared).cpu()
    names = {id(module): name for name, module in named_modules(model)}
    try:
        with isolation.preserved_rng(), isolation.quiet():
            int8: nn.Module = convert(model, inplace=True)  # type: ignore[no-untyped-call]
    except Exception as error:
        layer = _layer_in_conversion(error, names)
        raise failure(
            f"convert fails{f' at `{layer}`' if layer else ''}: {_text(error)}",
            meaning="the prepared model cannot become an int8 model.",
            cure="look at that layer's qconfig: weights must be qint8 (per-channel symmetric is "
            "best), activations quint8 and per tensor; take a layer that cannot be quantized out "
            "with `layer.qconfig = None` before prepare.",
        ) from error
    if not converted_layers(int8):
        raise failure(
            "convert made no quantized layer out of this model.",
            meaning="none of its layers both has a qconfig and is of a class that convert swaps "
            "(exactly that class: subclasses stay float).",
            cure="assign `model.qconfig` before prepare.",
        )
    return int8


def _layer_in_conversion(error: BaseException, names: dict[int, str]) -> str:
    """Name of the layer that convert was swapping when it raised."""
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_name == "swap_module":
            return names.get(id(frame.tb_frame.f_locals.get("mod")), "")
        frame = frame.tb_next
    return ""


def _checked_copy(converted: object, prepared: nn.Module) -> nn.Module:
    """A copy of the caller's converted model, which must be one of `prepared`."""
    model = isolation.check_model(converted, "converted")
    layers = converted_layers(model)
    if not layers:
        raise ValueError("converted holds no quantized layer; pass what convert returned")
    known = {name for name, _ in named_modules(prepared)}
    strange = [name for name in layers if name not in known]
    if strange:
        raise ValueError(f"converted is not made from prepared, which has no {listed(strange)}")
    return isolation.copy_model(model)


def _run_converted(model: nn.Module, inputs: object) -> Any:
    """Output of the int8 model; a failure names the layer and the line that raised."""
    __tracebackhide__ = True
    args, kwargs = isolation.as_call(inputs)
    copies = isolation.map_tensors((args, kwargs), lambda tensor: tensor.detach().clone())
    running: list[str] = []
    for name, module in named_modules(model):
        module.register_forward_pre_hook(lambda *_, name=name: running.append(name), prepend=True)
        module.register_forward_hook(lambda *_: _drop_last(running))
    with isolation.preserved_rng(), torch.no_grad(), isolation.quiet():
        try:
            return model(*copies[0], **copies[1])
        except Exception as error:
            raise _run_failure(error, running[-1] if running else "", model) from error


def _drop_last(running: list[str]) -> None:
    """A hook must return None: anything else would become the module's output."""
    running.pop()


def _run_failure(error: Exception, name: str, model: nn.Module) -> AssertionError:
    inner = f"`{name}`" if name else f"`{type(model).__name__}`"
    place, code = _user_line(error)
    text = str(error)
    if "QuantizedCPU" in text and "quantized::" not in text:
        meaning = (
            "an operation without an int8 kernel got a quantized tensor. It worked in the "
            "prepared model, where everything is float."
        )
        cure = (
            "use the method of an own FloatFunctional made in __init__ (`self.add = "
            "FloatFunctional()`, `self.add.add(x, y)`), or put DeQuantStub and QuantStub around it."
        )
    elif "quantized::" in text and "'CPU'" in text:
        meaning = "a float tensor reached a quantized layer: it was never quantized."
        cure = (
            "put a QuantStub before it, `x = self.quant(x)`, or wrap the model in QuantWrapper; "
            "or leave the layer in float with `layer.qconfig = None` before prepare."
        )
    else:
        meaning = "the int8 model cannot run what the prepared model ran."
        cure = "run the converted model on the same inputs; the chained error is what it raised."
    return failure(
        f"The converted model fails in {inner}{f' at {place}' if place else ''}: {_text(error)}",
        columns=("line", "code") if place else (),
        rows=[(place, code)] if place else [],
        meaning=meaning,
        cure=cure,
    )


def _user_line(error: BaseException) -> tuple[str, str]:
    """`file:line` and source of the innermost frame that is neither torch's nor ours."""
    found = ("", "")
    frame = error.__traceback__
    while frame is not None:
        path, line = frame.tb_frame.f_code.co_filename, frame.tb_lineno
        if not path.startswith((_TORCH, _OURS)):
            found = (f"{path}:{line}", linecache.getline(path, line).strip())
        frame = frame.tb_next
    return found


def _text(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    first = lines[0] if lines else "(no message)"
    return f"{type(error).__name__}: {first if len(first) <= 200 else first[:197] + '...'}"


def _compare_outputs(reference: Any, got: Any, meter: Meter) -> Iterator[OutputResult]:
    """Each float tensor of the output against the prepared model's."""
    __tracebackhide__ = True
    expected = dict(isolation.named_tensors(reference))
    outputs = dict(isolation.named_tensors(got))
    different = sorted(
        name
        for name in {*expected, *outputs}
        if name not in expected
        or name not in outputs
        or expected[name].shape != outputs[name].shape
    )
    if different:
        raise failure(
            f"The converted model returns other tensors than the prepared model: "
            f"{listed(different)}.",
            meaning="number, names or shapes of the outputs differ, so that the two are not "
            "forms of one model, or take another branch on int8.",
            cure="look for code that asks `is_quantized` or the dtype of a tensor.",
        )
    for name, output in outputs.items():
        value = as_float(output)
        if not value.is_floating_point():
            continue
        scale = meter.scale_of(output)
        difference = lsb_difference(expected[name], value, scale)
        yield OutputResult(
            name=name,
            elements=value.numel(),
            scale=scale,
            max_lsb=float(difference.max()) if difference.numel() else 0.0,
            sqnr_db=sqnr_db(expected[name], value),
        )


def _check_calibrated(report: ConversionReport, twin: Twin, meter: Meter) -> None:
    __tracebackhide__ = True
    unseen = [
        layer
        for layer in report.layers
        if layer.name in twin.uncalibrated and (layer.name, layer.class_name) in meter.observed
    ]
    if unseen:
        raise failure(
            f"{count(len(unseen), 'layer')} of {len(report.layers)} never calibrated; the first "
            f"is `{unseen[0].name}`.",
            columns=("layer", "class", "scale after convert"),
            rows=[(layer.name, layer.class_name, f"{layer.scale:.4g}") for layer in unseen],
            meaning="their observers have seen no data, and convert gives them a default scale "
            "of 1.0 without an error.",
            cure="run calibration batches through the prepared model before you convert it.",
        )


def _wrong_layers(
    wrong: list[LayerResult], report: ConversionReport, causes: dict[tuple[str, str], Cause]
) -> AssertionError:
    first = wrong[0]
    cause = causes[first.name, first.class_name]
    worst = sorted(wrong, key=lambda layer: (-layer.max_lsb, -layer.mismatch))
    others = {layer.cause for layer in wrong} - {first.cause}
    return failure(
        f"{len(wrong)} of {count(len(report.layers), 'converted layer')} on engine "
        f"{report.engine} beyond {steps(report.tolerance)} LSB of the fake-quant twin; the first "
        f"is `{first.name}`, {steps(first.max_lsb)} LSB: {cause.label}.",
        columns=LAYER_COLUMNS,
        rows=[layer_row(layer, report.tolerance) for layer in worst],
        meaning=f"`{first.name}`: {cause.meaning}"
        + (f" Later layers also have: {'; '.join(sorted(others))}." if others else "")
        + f" End to end the output keeps {decibels(report.sqnr_db)} dB.",
        cure=cause.cure,
    )


def _check_outputs(
    report: ConversionReport, min_sqnr_db: float, max_output_lsb: float | None
) -> None:
    __tracebackhide__ = True
    limit = math.inf if max_output_lsb is None else max_output_lsb
    wrong = [
        output
        for output in report.outputs
        if output.sqnr_db < min_sqnr_db or output.max_lsb > limit
    ]
    if not wrong:
        return
    asked = [f"{decibels(min_sqnr_db)} dB"]
    if max_output_lsb is not None:
        asked.append(f"{steps(max_output_lsb)} LSB")
    worst = min(wrong, key=lambda output: output.sqnr_db)
    clipping = [layer for layer in report.layers if layer.clipped]
    raise failure(
        f"`{worst.name}` of the converted model has {decibels(worst.sqnr_db)} dB and is up to "
        f"{steps(worst.max_lsb)} LSB away end to end; asked for {' and '.join(asked)}.",
        columns=("output", "SQNR dB", "max LSB", "scale"),
        rows=[
            (output.name, decibels(output.sqnr_db), steps(output.max_lsb), f"{output.scale:.4g}")
            for output in wrong
        ],
        meaning=f"each of the {count(len(report.layers), 'converted layer')} agrees with its "
        f"twin on equal inputs (at most {steps(report.max_lsb)} LSB), so the difference comes "
        "from between the layers: a torch function that is wrong on int8 (torch.cat of tensors "
        "with different qparams), or roundings that add up over many layers or on coarse grids."
        + _clipping_text(clipping),
        cure="replace functions between the layers by FloatFunctional methods; if there are "
        "none, set min_sqnr_db to what this depth and these bit widths can keep.",
    )


def _clipping_text(clipping: list[LayerResult]) -> str:
    if not clipping:
        return ""
    worst = max(clipping, key=lambda layer: layer.clipped)
    return (
        f" In {count(len(clipping), 'layer')} the fake-quant, but not int8, clamps values beyond "
        f"its reduced range, most of all in `{worst.name}` ({share(worst.clipped)}): values "
        "outside the range that its observer saw."
    )
