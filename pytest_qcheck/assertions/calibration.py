"""assert_calibrated: every observer has seen data, and what it saw gives a usable grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from pytest_qcheck.classes import FUNCTIONALS
from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.quantizers import Quantizer, find_quantizers
from pytest_qcheck.stage import no_quantizers
from pytest_qcheck.wrappers import named_modules


@dataclass(frozen=True)
class _Offender:
    quantizer: Quantizer
    found: str


def assert_calibrated(model: nn.Module) -> None:
    """Assert that every observer has seen data and that no qparams are degenerate.

    Observers inside fake-quants count. Weight observers of a PTQ model do not exist before
    convert and are not asked for. A learnable fake-quant whose observer is switched off is
    calibrated if its scale has left its default of 1.0. A FloatFunctional that saw no data in
    an otherwise calibrated model was not called, or only its scalar methods were, which do
    not observe: that is no failure (`assert_matches_converted` sees what runs on int8).

    Args:
        model: a prepared model that has been run on calibration or training data.

    Raises:
        AssertionError: for an observer without data; for a range that is not finite or is
            empty around zero; for a scale that is zero, negative or not finite; for a model
            without any quantizer.
        TypeError: if `model` is no module.
    """
    __tracebackhide__ = True
    model = check_model(model)
    quantizers = find_quantizers(model)
    if not quantizers:
        raise no_quantizers(model, "that could have been calibrated")
    unseen = [quantizer for quantizer in quantizers if _lacks_data(quantizer)]
    if any(quantizer.seen_data for quantizer in quantizers):
        unseen = [each for each in unseen if not _is_functional(model, each)]
    if unseen:
        raise _no_data(unseen, sum(q.seen_data is not None for q in quantizers))
    degenerate = [
        _Offender(quantizer, found)
        for quantizer in quantizers
        if (found := _degenerate(quantizer)) is not None
    ]
    if degenerate:
        raise _bad_qparams(degenerate, len(quantizers))


def _lacks_data(quantizer: Quantizer) -> bool:
    if quantizer.seen_data is not False:
        return False
    if quantizer.parameters and quantizer.observer is False:
        # Learned or loaded qparams do not need the observer, unless nobody set them.
        return _is_default(quantizer)
    return True


def _is_functional(model: nn.Module, quantizer: Quantizer) -> bool:
    return isinstance(dict(named_modules(model)).get(quantizer.owner), FUNCTIONALS)


def _is_default(quantizer: Quantizer) -> bool:
    scale, zero_point = quantizer.scale, quantizer.zero_point
    return (
        scale is not None
        and bool((scale == 1).all())
        and (zero_point is None or bool((zero_point == 0).all()))
    )


def _degenerate(quantizer: Quantizer) -> str | None:
    """What is wrong with a quantizer's range or qparams; None if nothing is."""
    if quantizer.seen_data and quantizer.observed_range is not None:
        smallest, largest = quantizer.observed_range
        low, high = float(smallest.min()), float(largest.max())
        if math.isnan(low) or math.isnan(high):
            return "saw NaN"
        if math.isinf(low) or math.isinf(high):
            return f"saw an infinite value, range [{low}, {high}]"
        if low == high == 0:
            return "saw only zeros"
    scale = quantizer.scale
    if scale is not None and scale.numel():
        if not bool(torch.isfinite(scale).all()):
            return f"scale {_worst(scale)} is not finite"
        if bool((scale <= 0).any()):
            return f"scale {float(scale.min()):.4g} is not positive"
    zero_point = quantizer.zero_point
    if zero_point is not None and not bool(torch.isfinite(zero_point.float()).all()):
        return "zero_point is not finite"
    return None


def _worst(scale: torch.Tensor) -> float:
    return float(scale[~torch.isfinite(scale)].reshape(-1)[0])


def _no_data(unseen: list[Quantizer], observing: int) -> AssertionError:
    rows = [(q.name or "(the model itself)", q.class_name, q.kind) for q in unseen]
    columns = ("quantizer", "class", "quantizes")
    if len(unseen) == observing:
        return failure(
            f"None of {count(observing, 'observer')} has seen data.",
            columns=columns,
            rows=rows,
            meaning="the prepared model was never run: convert would give every layer scale 1.0 "
            "and zero_point 0, without an error. If you did calibrate, it was another object: "
            "prepare returns a copy.",
            cure="run calibration batches through this model, with observers enabled, before "
            "you convert it.",
        )
    return failure(
        f"{len(unseen)} of {count(observing, 'observer')} has seen no data."
        if len(unseen) == 1
        else f"{len(unseen)} of {count(observing, 'observer')} have seen no data.",
        columns=columns,
        rows=rows,
        meaning="the calibration data never reached these modules, so convert would give them "
        "scale 1.0 and zero_point 0. It may be dead code, or a branch that only other inputs "
        "take, or an observer that was off during calibration.",
        cure="calibrate with inputs that reach the branch; or take the module out of "
        "quantization, with `module.qconfig = None` before prepare; or delete the dead code.",
    )


def _bad_qparams(degenerate: list[_Offender], checked: int) -> AssertionError:
    return failure(
        f"{len(degenerate)} of {count(checked, 'quantizer')} with degenerate qparams.",
        columns=("quantizer", "class", "found", "scale"),
        rows=[
            (
                offender.quantizer.name or "(the model itself)",
                offender.quantizer.class_name,
                offender.found,
                _scale_text(offender.quantizer.scale),
            )
            for offender in degenerate
        ],
        meaning="a grid made from this cannot hold the values: NaN and infinity poison it, and "
        "a range of only zeros gives the smallest scale there is, so that any real value clips.",
        cure="look at what reaches these modules during calibration: NaN or infinity in the "
        "data, a dead ReLU, an input that was all zeros.",
    )


def _scale_text(scale: torch.Tensor | None) -> str:
    if scale is None or scale.numel() == 0:
        return "-"
    if scale.numel() == 1:
        return f"{float(scale.reshape(-1)[0]):.4g}"
    return f"{float(scale.min()):.4g} to {float(scale.max()):.4g}"
