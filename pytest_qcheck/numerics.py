"""Numbers that say how far two tensors are apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Difference:
    """How far `got` is from `reference`.

    Attributes:
        max_lsb: greatest absolute difference in steps of the grid.
        mismatch: share of the elements, from 0 to 1, that differ by more than the tolerance.
        sqnr_db: see `sqnr_db`.
        worst_index: index of the greatest difference, empty for a scalar or no elements.
    """

    max_lsb: float
    mismatch: float
    sqnr_db: float
    worst_index: tuple[int, ...]


def sqnr_db(reference: torch.Tensor, got: torch.Tensor) -> float:
    """Signal to quantization noise ratio, 10 * log10(sum(ref^2) / sum((ref - got)^2)), in dB.

    Both tensors are float and of one shape. Equal tensors have infinite SQNR; a silent
    reference with any noise, and anything that is not a number, has minus infinity.
    """
    reference, got = reference.double(), got.double()
    return ratio_db(float(reference.square().sum()), float((reference - got).square().sum()))


def ratio_db(signal: float, noise: float) -> float:
    """10 * log10(signal / noise) of two energies, in dB; the limits are those of `sqnr_db`."""
    if noise == 0:
        return math.inf
    if signal == 0 or not math.isfinite(noise) or not math.isfinite(signal):
        return -math.inf
    return 10 * math.log10(signal / noise)


def lsb_difference(reference: torch.Tensor, got: torch.Tensor, scale: float) -> torch.Tensor:
    """Absolute difference of two float tensors of one shape, in LSB: steps of `scale`.

    Differences of two values on the grid are whole numbers up to float rounding, which is
    removed. Where either tensor is not a number the difference is infinite.
    """
    steps = (reference.double() - got.double()).abs() / scale
    steps = torch.where(reference.double() == got.double(), 0.0, steps)
    return (steps * 1000).round().div(1000).nan_to_num(nan=math.inf, posinf=math.inf)


def compare(reference: torch.Tensor, got: torch.Tensor, scale: float, max_lsb: float) -> Difference:
    """Compare two float tensors of one shape on a grid with steps of `scale`."""
    steps = lsb_difference(reference, got, scale)
    if steps.numel() == 0:
        return Difference(0.0, 0.0, math.inf, ())
    worst = int(steps.argmax())
    index = tuple(int(i) for i in torch.unravel_index(torch.tensor(worst), steps.shape))
    return Difference(
        max_lsb=float(steps.reshape(-1)[worst]),
        mismatch=float((steps > max_lsb).double().mean()),
        sqnr_db=sqnr_db(reference, got),
        worst_index=index,
    )
