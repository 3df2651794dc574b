"""Layer by layer: each converted layer against its twin, both fed the same quantized inputs.

The layers are compared while the converted model runs, so that only one layer's tensors
are alive at a time; what stays of a layer is a handful of sums.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
import torch.ao.nn.quantized as nnq
from torch import nn
from torch.ao.quantization import FakeQuantizeBase
from torch.utils.weak import WeakIdKeyDictionary

from pytest_qcheck.classes import FUNCTIONAL_METHODS
from pytest_qcheck.conversion_report import LayerResult
from pytest_qcheck.isolation import map_tensors
from pytest_qcheck.numerics import lsb_difference, ratio_db
from pytest_qcheck.stage import is_converted
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OUTPUT_QUANTIZER = "activation_post_process"
_INPUT_GRID_LAYERS = (nnq.ReLU6, nnq.Dropout)
_INPUT_GRID_METHODS = ("add_scalar", "mul_scalar")


@dataclass(eq=False)
class Call:
    """One run of one converted layer, and the twin that should have given the same.

    Attributes:
        name: dotted name of the layer in both models.
        layer: the converted layer.
        twin: its fake-quant twin.
        method: the method that ran, for a `QFunctional`; None for other layers.
        args: positional arguments as the converted layer got them, tensors quantized.
        kwargs: keyword arguments likewise.
        output: the converted layer's output, a per-tensor quantized tensor.
        steps_inside: whether other converted layers ran inside, so that this is a container.
    """

    name: str
    layer: nn.Module
    twin: nn.Module
    method: str | None
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any = None
    steps_inside: bool = False

    @property
    def class_name(self) -> str:
        """Class of the converted layer, with the method of a functional."""
        kind = type(self.layer).__name__
        return f"{kind}.{self.method}" if self.method else kind

    @property
    def scale(self) -> float:
        """Step of the output's grid."""
        return float(self.output.q_scale())

    @property
    def keeps_input_grid(self) -> bool:
        """Whether the int8 layer derives its output grid from its input's, not from qparams."""
        return isinstance(self.layer, _INPUT_GRID_LAYERS) or self.method in _INPUT_GRID_METHODS

    @property
    def quantizer(self) -> nn.Module | None:
        """What the twin's output is fake-quantized by."""
        return self.twin._modules.get(_OUTPUT_QUANTIZER)

    def clipped_output(self) -> torch.Tensor:
        """The output, dequantized, within the limits of the twin's fake-quant.

        A fake-quant with `reduce_range` clamps to the lower half of the dtype's integers. It is
        a device for choosing the scale: the int8 layer uses all integers.
        """
        got: torch.Tensor = self.output.dequantize()
        limits = reduced_range(self.quantizer, self.output.dtype)
        if limits is None:
            return got
        zero_point = self.output.q_zero_point()
        low, high = ((limit - zero_point) * self.scale for limit in limits)
        return got.clamp(low, high)

    def reference(self) -> torch.Tensor:
        """The twin's output for the dequantized inputs, float, of the output's shape."""
        if self.keeps_input_grid:
            return to_grid(self.unquantized(), self.output, clamp=False)
        return self._run()

    def unquantized(self) -> torch.Tensor:
        """The twin's output before its output quantizer."""
        with _without_output_quantizer(self.twin):
            return self._run()

    def _run(self) -> torch.Tensor:
        args, kwargs = map_tensors((self.args, self.kwargs), as_float)
        function = getattr(self.twin, self.method) if self.method else self.twin
        result: torch.Tensor = function(*args, **kwargs)
        return result


@dataclass(eq=False)
class _Tally:
    """Sums over all calls of one layer."""

    name: str
    class_name: str
    calls: int = 0
    elements: int = 0
    beyond: int = 0
    max_lsb: float = 0.0
    signal: float = 0.0
    noise: float = 0.0
    scale: float = 0.0
    clipped: int = 0

    def add(self, call: Call, reference: torch.Tensor, max_lsb: float) -> int:
        """Count one call; returns how many of its elements are beyond the tolerance."""
        got, clipped = call.output.dequantize(), call.clipped_output()
        difference = torch.minimum(
            lsb_difference(reference, got, call.scale),
            lsb_difference(reference, clipped, call.scale),
        )
        beyond = int((difference > max_lsb).sum())
        self.clipped += int((got != clipped).sum())
        self.calls += 1
        self.elements += difference.numel()
        self.beyond += beyond
        if difference.numel():
            self.max_lsb = max(self.max_lsb, float(difference.max()))
        self.signal += _energy(reference)
        self.noise += _energy(reference - got)
        self.scale = call.scale
        return beyond

    def result(self, cause: str) -> LayerResult:
        return LayerResult(
            name=self.name,
            class_name=self.class_name,
            calls=self.calls,
            elements=self.elements,
            scale=self.scale,
            max_lsb=self.max_lsb,
            mismatch=self.beyond / self.elements if self.elements else 0.0,
            sqnr_db=ratio_db(self.signal, self.noise),
            clipped=self.clipped / self.elements if self.elements else 0.0,
            cause=cause,
        )


@dataclass(eq=False)
class Meter:
    """Hooks on a converted model that compare each of its layers with its twin.

    Attributes:
        converted: a copy of the converted model that may be hooked.
        twins: modules of the twin model by name.
        max_lsb: tolerance in LSB.
        on_mismatch: called for the first call of a layer that is beyond the tolerance.
        observed: names and classes of the layers that ran and use their own qparams.
    """

    converted: nn.Module
    twins: dict[str, nn.Module]
    max_lsb: float
    on_mismatch: Callable[[Call, torch.Tensor], None]
    observed: set[tuple[str, str]] = field(default_factory=set)
    _tallies: dict[tuple[str, str], _Tally] = field(default_factory=dict)
    _stack: list[Call] = field(default_factory=list)
    _last_scale: float = 1.0
    _scales: WeakIdKeyDictionary = field(default_factory=WeakIdKeyDictionary)

    def __post_init__(self) -> None:
        for name, layer in named_modules(self.converted):
            if isinstance(layer, nnq.DeQuantize):
                layer.register_forward_hook(self._dequantized)
            elif isinstance(layer, nnq.QFunctional):
                self._wrap_functional(name, layer)
            elif is_converted(layer) and name in self.twins:
                self._hook(name, layer)

    def results(self, causes: dict[tuple[str, str], str]) -> tuple[LayerResult, ...]:
        """One result a layer, in the order in which the layers first finished."""
        return tuple(tally.result(causes.get(key, "")) for key, tally in self._tallies.items())

    def scale_of(self, output: torch.Tensor) -> float:
        """Step of the grid on which an output of the model stands; see `OutputResult.scale`."""
        if output.is_quantized:
            return float(output.q_scale())
        scale = self._scales.get(output, self._last_scale)  # type: ignore[no-untyped-call]
        return float(scale)

    def _hook(self, name: str, layer: nn.Module) -> None:
        def enter(_layer: nn.Module, args: Any, kwargs: Any) -> None:
            self._enter(Call(name, layer, self.twins[name], None, args, kwargs))

        def leave(_layer: nn.Module, _args: Any, output: Any) -> None:
            self._leave(layer, output)

        # Outermost on both sides: convert keeps the user's hooks, and the twin has them too.
        layer.register_forward_pre_hook(enter, with_kwargs=True, prepend=True)
        layer.register_forward_hook(leave)

    def _wrap_functional(self, name: str, layer: nn.Module) -> None:
        """A QFunctional is used through its methods, which run no forward hooks."""

        def wrap(method: str) -> Callable[..., Any]:
            original = getattr(layer, method)

            def wrapped(*args: Any, **kwargs: Any) -> Any:
                self._enter(Call(name, layer, self.twins[name], method, args, kwargs))
                output = original(*args, **kwargs)
                self._leave(layer, output)
                return output

            return wrapped

        for method in FUNCTIONAL_METHODS:
            if hasattr(layer, method) and name in self.twins:
                object.__setattr__(layer, method, wrap(method))

    def _enter(self, call: Call) -> None:
        if getattr(call.layer, "inplace", False):
            call.args = map_tensors(call.args, torch.clone)
        for outer in self._stack:
            outer.steps_inside = True
        self._stack.append(call)

    def _leave(self, layer: nn.Module, output: Any) -> None:
        # A forward that catches its submodule's exception leaves calls that never ended.
        while self._stack[-1].layer is not layer:
            self._stack.pop()
        call = self._stack.pop()
        # An Embedding, for one, gives floats: there is no grid to compare on.
        if call.steps_inside or not isinstance(output, torch.Tensor) or not output.is_quantized:
            return
        call.output = output
        self._last_scale = call.scale
        key = (call.name, call.class_name)
        tally = self._tallies.setdefault(key, _Tally(*key))
        if not call.keeps_input_grid:
            self.observed.add(key)
        was_right = tally.beyond == 0
        reference = call.reference()
        if tally.add(call, reference, self.max_lsb) and was_right:
            self.on_mismatch(call, reference)

    def _dequantized(self, _layer: nn.Module, args: Any, output: Any) -> None:
        source = args[0] if args else None
        if isinstance(source, torch.Tensor) and source.is_quantized:
            self._scales[output] = float(source.q_scale())


def reduced_range(quantizer: nn.Module | None, dtype: torch.dtype) -> tuple[int, int] | None:
    """The integers that a fake-quant with `reduce_range` clamps to; None if it has them all.

    A range of another width is meant: `quant_max=15` is training for 4 bits.
    """
    if not isinstance(quantizer, FakeQuantizeBase):
        return None
    observer = getattr(quantizer, "activation_post_process", quantizer)
    limits = (getattr(observer, "quant_min", None), getattr(observer, "quant_max", None))
    all_integers = torch.iinfo(dtype)
    reduced = (all_integers.min // 2, all_integers.max // 2)
    return reduced if limits == reduced else None


def as_float(tensor: torch.Tensor) -> torch.Tensor:
    """`tensor` dequantized; what is not quantized stays."""
    return tensor.dequantize() if tensor.is_quantized else tensor


def to_grid(value: torch.Tensor, like: torch.Tensor, *, clamp: bool = True) -> torch.Tensor:
    """`value` rounded, in float64, to the grid of a per-tensor quantized tensor.

    With `clamp` also limited to what the dtype holds.
    """
    scale, zero_point = like.q_scale(), like.q_zero_point()
    integers = (value.double() / scale).round()
    if clamp:
        limits = torch.iinfo(like.dtype)
        integers = integers.clamp(limits.min - zero_point, limits.max - zero_point)
    return integers * scale


@contextmanager
def _without_output_quantizer(twin: nn.Module) -> Iterator[None]:
    quantizer = twin._modules.get(_OUTPUT_QUANTIZER)
    if quantizer is None:
        yield
        return
    twin._modules[_OUTPUT_QUANTIZER] = nn.Identity()
    try:
        yield
    finally:
        twin._modules[_OUTPUT_QUANTIZER] = quantizer


def _energy(values: torch.Tensor) -> float:
    return float(values.square().sum(dtype=torch.float64))
