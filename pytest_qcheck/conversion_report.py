"""What `assert_matches_converted` measured: one line a layer, one line an output."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_qcheck.messages import count, table


@dataclass(frozen=True)
class LayerResult:
    """One converted layer against its twin, both fed the same quantized inputs.

    Attributes:
        name: dotted name of the layer, the same in both models.
        class_name: class of the converted layer; with the method for a `QFunctional`.
        calls: how often the layer ran.
        elements: number of output elements compared, over all calls.
        scale: step of the converted layer's output grid (of its last call).
        max_lsb: greatest difference, in steps of that grid.
        mismatch: share of the elements, 0 to 1, that differ by more than the tolerance.
        sqnr_db: signal to noise ratio with the twin's output as the signal, in dB.
        clipped: share of the elements, 0 to 1, that lie beyond what a `reduce_range` fake-quant
            can show. The twin clamps them and the int8 layer does not; no mismatch.
        cause: why the layer is wrong, in a few words; empty for a layer within tolerance.
    """

    name: str
    class_name: str
    calls: int
    elements: int
    scale: float
    max_lsb: float
    mismatch: float
    sqnr_db: float
    clipped: float = 0.0
    cause: str = ""


@dataclass(frozen=True)
class OutputResult:
    """One output tensor of the converted model against that of the prepared model.

    Attributes:
        name: where the tensor stands in the model's output, such as `output[0]['logits']`.
        elements: number of elements.
        scale: step of the grid the tensor was dequantized from; of the last quantized layer
            for a tensor that float operations made after that.
        max_lsb: greatest difference, in steps of `scale`.
        sqnr_db: signal to noise ratio with the prepared model's output as the signal, in dB.
    """

    name: str
    elements: int
    scale: float
    max_lsb: float
    sqnr_db: float


@dataclass(frozen=True)
class ConversionReport:
    """What `assert_matches_converted` found; `str()` of it is a table.

    Attributes:
        layers: every converted layer that ran, in the order in which they first ran.
        outputs: every float tensor in the model's output.
        engine: the quantized engine that ran the converted model.
        tolerance: difference, in LSB, up to which an element of a layer agrees.
    """

    layers: tuple[LayerResult, ...]
    outputs: tuple[OutputResult, ...]
    engine: str
    tolerance: float

    @property
    def sqnr_db(self) -> float:
        """End-to-end SQNR in dB: that of the worst output; infinite without any output."""
        return min((output.sqnr_db for output in self.outputs), default=math.inf)

    @property
    def output_lsb(self) -> float:
        """Greatest end-to-end difference in LSB, over all outputs."""
        return max((output.max_lsb for output in self.outputs), default=0.0)

    @property
    def max_lsb(self) -> float:
        """Greatest layer-local difference in LSB."""
        return max((layer.max_lsb for layer in self.layers), default=0.0)

    def layer(self, name: str) -> LayerResult:
        """The first result of the layer called `name`.

        Raises:
            KeyError: if no layer of that name ran.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)

    def __str__(self) -> str:
        lines = [
            f"{count(len(self.layers), 'converted layer')} on engine {self.engine}: at most "
            f"{steps(self.max_lsb)} LSB from the twin; output SQNR {decibels(self.sqnr_db)} dB, "
            f"at most {steps(self.output_lsb)} LSB",
            "",
            *table(LAYER_COLUMNS, [layer_row(layer, self.tolerance) for layer in self.layers]),
        ]
        if self.outputs:
            rows = [
                (item.name, steps(item.max_lsb), decibels(item.sqnr_db), f"{item.scale:.4g}")
                for item in self.outputs
            ]
            lines += ["", *table(("output", "max LSB", "SQNR dB", "scale"), rows)]
        return "\n".join(lines)


LAYER_COLUMNS = ("layer", "class", "max LSB", "off", "SQNR dB", "scale", "cause")
"""Headings of the rows that `layer_row` makes; `off` is the share beyond the tolerance."""


def layer_row(layer: LayerResult, tolerance: float) -> tuple[str, ...]:
    """Cells of one layer under `LAYER_COLUMNS`."""
    within = "" if layer.max_lsb <= tolerance else "cause unknown"
    return (
        layer.name,
        layer.class_name,
        steps(layer.max_lsb),
        share(layer.mismatch),
        decibels(layer.sqnr_db),
        f"{layer.scale:.4g}",
        layer.cause or within,
    )


def steps(lsb: float) -> str:
    """A number of LSB: whole where it is whole."""
    return f"{lsb:.0f}" if not math.isfinite(lsb) or lsb == round(lsb) else f"{lsb:.2f}"


def decibels(value: float) -> str:
    """A ratio in dB with one decimal."""
    return f"{value:.1f}"


def share(value: float) -> str:
    """A share of elements in per cent, never rounded to nothing."""
    if value == 0:
        return "0 %"
    return f"{100 * value:.2g} %" if value >= 0.0001 else "<0.01 %"
