"""Run a model on int8 tensors to its end, and note each operation that int8 cannot do.

An operation that raises on int8 tensors is done on dequantized ones instead, and its result
quantized again, so that one forward shows all of them. What a float or prepared model would do is
not guessed: a copy is prepared, calibrated on the inputs, converted and run.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, Literal

import torch
import torch.ao.nn.quantizable as nnqa
import torch.ao.nn.quantized as nnq
from torch import nn
from torch.ao import quantization
from torch.overrides import TorchFunctionMode

from pytest_qcheck.isolation import copy_model, first_line, map_tensors, named_tensors, quiet, run
from pytest_qcheck.messages import failure
from pytest_qcheck.quantizers import find_quantizers
from pytest_qcheck.stage import converted_layers, is_converted
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_TORCH = f"{Path(torch.__file__).parent}{os.sep}"
_OURS = f"{Path(__file__).parent}{os.sep}"
_CAT = frozenset("cat concat concatenate stack hstack vstack dstack column_stack row_stack".split())

# What these make has nothing of the values of the tensor that they are given.
_CREATE = frozenset(
    "zeros_like ones_like full_like new_zeros new_ones new_full new_empty new_tensor".split()
)
_NO_KERNEL = re.compile(r"Could not run '(aten::\w+)[^']*' with arguments from the 'Quantized")


@dataclass(frozen=True)
class RawOp:
    """An operation that a converted model cannot do, or does wrong.

    Attributes:
        name: torch's name of the operation.
        file: the user's source file; empty if only torch's own modules lead there.
        line: first line of the call there.
        end_line: last line of the call.
        module: dotted name of the innermost module in which it runs.
        outcome: `fails` on int8 tensors, or is silently `wrong`.
        reason: torch's error, or what is wrong.
    """

    name: str
    file: str
    line: int
    end_line: int
    module: str
    outcome: Literal["fails", "wrong"]
    reason: str

    @property
    def place(self) -> str:
        """`file:line`, relative to the working directory where that is shorter."""
        if not self.file:
            return "(torch)"
        relative = os.path.relpath(self.file)
        return f"{self.file if relative.startswith('..') else relative}:{self.line}"


def find_raw_ops(model: nn.Module, inputs: object) -> list[RawOp]:
    """Every raw operation of one forward in int8, in the order in which they run.

    Args:
        model: a float, prepared or converted model with a QuantStub; it is copied.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.

    Raises:
        AssertionError: if the copy cannot be made, converted or run.
        ValueError: if no QuantStub makes anything int8.
    """
    __tracebackhide__ = True
    converted = _converted_copy(model, inputs)
    if not any(isinstance(module, nnq.Quantize) for module in converted.modules()):
        raise ValueError(
            f"{type(model).__name__} has no QuantStub, so no tensor of it becomes int8: add "
            "stubs, or wrap it in torch.ao.quantization.QuantWrapper"
        )
    watch = _Int8Watch(converted)

    def entry(*args: Any, **kwargs: Any) -> Any:
        with watch:
            return converted(*args, **kwargs)

    run(entry, inputs, "The converted model")
    return watch.found


def _converted_copy(model: nn.Module, inputs: object) -> nn.Module:
    __tracebackhide__ = True
    duplicate = copy_model(model)
    if converted_layers(model):
        return duplicate
    if not find_quantizers(duplicate):
        duplicate = _prepared(duplicate)
    run(duplicate, inputs)
    try:
        with quiet():
            converted: nn.Module = quantization.convert(duplicate)  # type: ignore[no-untyped-call]
    except Exception as error:
        raise failure(
            f"convert fails on {type(model).__name__}: {type(error).__name__}: {error}",
            cure="convert a copy of the prepared model in eval mode; the chained error above is "
            "what it raised.",
        ) from error
    return converted


def _prepared(model: nn.Module) -> nn.Module:
    """A float model with observers. Which ones does not matter to what has a kernel; those that
    work with every layer and engine are taken. What was given `qconfig = None` keeps it.
    """  # noqa: D205
    given = [module for module in model.modules() if getattr(module, "qconfig", None) is not None]
    for module in given or [model]:
        module.qconfig = quantization.default_qconfig  # type: ignore[assignment]
    with quiet():
        prepared: nn.Module = quantization.prepare(model)  # type: ignore[no-untyped-call]
    return prepared


class _Int8Watch(TorchFunctionMode):
    """Runs torch functions on int8 tensors, and those that fail on float ones."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.found: list[RawOp] = []
        self._seen: set[tuple[str, str, int, str]] = set()
        self._stack: list[str] = []
        self._replaced = 0
        for name, module in named_modules(model):
            if is_converted(module) and not isinstance(module, (nnq.Quantize, nnq.DeQuantize)):
                # A float tensor there is another defect, and must not end this run.
                module.register_forward_pre_hook(_quantize_inputs)
                _restore_parameters(module)
            wrong = _wrong_module(module)
            if wrong:
                module.register_forward_pre_hook(self._noting(type(module).__name__, wrong))
            module.register_forward_pre_hook(self._entering(name), prepend=True)
            module.register_forward_hook(self._leaving)

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        tensors = [tensor for _, tensor in named_tensors((args, kwargs)) if _is_int8(tensor)]
        if not tensors or str(func).startswith("quantized."):  # torch.ops.quantized.cat
            return func(*args, **kwargs)
        name = getattr(func, "__name__", str(func)).strip("_")
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            self._note(name, "fails", _reason(error))
            result = _on_float(func, args, kwargs)
            return result if name in _CREATE else self._requantized(result)
        wrong = _what_is_wrong(name, args, kwargs, result)
        if wrong:
            self._note(name, "wrong", wrong)
        return result

    def _requantized(self, result: Any) -> Any:
        # Two quantizers hardly ever have exactly the same scale, whatever they see.
        self._replaced += 1
        stretch = 1 + 1e-4 * self._replaced
        return map_tensors(result, lambda tensor: _quantized(tensor, stretch))

    def _note(self, name: str, outcome: Literal["fails", "wrong"], reason: str) -> None:
        file, line, end_line = _user_code()
        module = self._stack[-1] if self._stack else ""
        key = (name, file, line, module)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(RawOp(name, file, line, end_line, module, outcome, reason))

    def _noting(self, name: str, reason: str) -> Callable[..., None]:
        def note(_module: nn.Module, _args: Any) -> None:
            self._note(name, "wrong", reason)

        return note

    def _entering(self, name: str) -> Callable[..., None]:
        def enter(_module: nn.Module, _args: Any) -> None:
            self._stack.append(name)

        return enter

    def _leaving(self, _module: nn.Module, _args: Any, _output: Any) -> None:
        self._stack.pop()


def _wrong_module(module: nn.Module) -> str:
    """What is silently wrong about an int8 module of torch; empty if nothing is (as measured)."""
    if isinstance(module, nnqa.MultiheadAttention) and module.batch_first and module.num_heads > 1:
        return "with batch_first=True its int8 form mixes up the heads"
    if isinstance(module, nnq.PReLU):
        return "its int8 form is 10 dB off"
    return ""


def _reason(error: Exception) -> str:
    missing = _NO_KERNEL.match(str(error))
    if missing:
        return f"no int8 kernel: {missing[1]}"
    return f"{type(error).__name__}: {first_line(error)}"


def _is_int8(tensor: torch.Tensor) -> bool:
    return tensor.is_quantized


def _what_is_wrong(name: str, args: Any, kwargs: Any, result: Any) -> str:
    """What is silently wrong about an operation that ran on int8 tensors; empty if nothing is."""
    if name in _CAT:
        grids = [
            (tensor.q_scale(), tensor.q_zero_point())
            for _, tensor in named_tensors((args, kwargs))
            if _is_int8(tensor) and tensor.qscheme() == torch.per_tensor_affine
        ]
        if len(set(grids)) > 1:
            scales = [scale for scale, _ in grids]
            return (
                f"takes the first tensor's scale {scales[0]:.4g} for all; "
                f"theirs go from {min(scales):.4g} to {max(scales):.4g}"
            )
    if name == "mean" and isinstance(result, torch.Tensor) and result.dim() == 0:
        return "one number for the whole tensor, rounded to the input's scale"
    return ""


def _on_float(func: Any, args: Any, kwargs: Any) -> Any:
    def dequantized(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.dequantize() if _is_int8(tensor) else tensor

    return func(*map_tensors(args, dequantized), **map_tensors(kwargs, dequantized))


def _restore_parameters(module: nn.Module) -> None:
    """Make `weight` and `bias` of an int8 layer tensors again. They are methods of it, and what
    takes them from the float layer (`F.linear(x, self.fc.weight)`) would end the run.
    """  # noqa: D205
    for name in ("weight", "bias"):
        method = getattr(module, name, None)
        if isinstance(method, MethodType):
            object.__setattr__(module, name, method())


def _quantized(tensor: torch.Tensor, stretch: float = 1.0) -> torch.Tensor:
    """A float tensor on the grid from its smallest to its largest value; others as they are."""
    if _is_int8(tensor) or not tensor.is_floating_point() or tensor.numel() == 0:
        return tensor
    tensor = tensor.detach().float()
    low, high = min(float(tensor.min()), 0.0), max(float(tensor.max()), 0.0)
    if not high - low < float("inf"):
        return tensor
    scale = max((high - low) / 255, 1e-8) * stretch
    zero_point = min(max(round(-low / scale), 0), 255)
    return torch.quantize_per_tensor(tensor, scale, zero_point, torch.quint8)


def _quantize_inputs(_module: nn.Module, args: Any) -> Any:
    return map_tensors(args, _quantized)


def _user_code() -> tuple[str, int, int]:
    """File, first and last line of the innermost call in code that is neither torch's nor ours;
    an empty file if the model was called without any.
    """  # noqa: D205
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_OURS):
            break
        if not path.startswith(_TORCH):
            return (path, *_lines(frame))
        frame = frame.f_back
    return "", 0, 0


def _lines(frame: FrameType) -> tuple[int, int]:
    """First and last line of the call that a frame is at."""
    if sys.version_info >= (3, 11):
        positions = list(frame.f_code.co_positions())[frame.f_lasti // 2]
        first, last = positions[0], positions[1]
        if first is not None and last is not None:
            return first, last
    return frame.f_lineno, frame.f_lineno
