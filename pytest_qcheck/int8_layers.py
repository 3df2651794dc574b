"""Converted layers that also take what the float layers took, so that a run goes on.

In int8 a layer takes int8 tensors only, and its `weight` is a method. Code that hands it a float
tensor, or takes the weight for a tensor, would end a run that is to show all operations.
"""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

import torch

from pytest_qcheck.classes import FUNCTIONAL_METHODS
from pytest_qcheck.isolation import map_tensors, named_tensors
from pytest_qcheck.silently_wrong import is_int8

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

# How many of its arguments a converted layer takes as int8 tensors; others take one.
_INT8_ARGUMENTS = {"LSTM": 2, "MultiheadAttention": 3, "Embedding": 0, "EmbeddingBag": 0}
_INT8_KEYWORDS = ("input", "hx", "query", "key", "value")


class Parameter(torch.Tensor):
    """`weight` or `bias` of an int8 layer: a tensor, and callable as the method that it is there.

    Code that was written for the float layer (`F.linear(x, self.fc.weight)`) needs the tensor.
    """

    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    def __call__(self) -> torch.Tensor:
        """What the method of the int8 layer returns."""
        return self.as_subclass(torch.Tensor)


def restore_parameters(module: nn.Module) -> None:
    """Make `weight` and `bias` of an int8 layer tensors, too."""
    for name in ("weight", "bias"):
        method = getattr(module, name, None)
        if isinstance(method, MethodType):
            try:
                value = method()
            except RuntimeError:  # qnnpack cannot unpack the weights of a Conv3d
                continue
            if isinstance(value, torch.Tensor):
                value = value.detach().as_subclass(Parameter)
            object.__setattr__(module, name, value)


def take_float_inputs(module: nn.Module) -> None:
    """Let a converted layer work on float tensors, too, as the layer that it was.

    A float tensor there is a defect of another kind, and must not end the run. What was made of
    float tensors only is float again.
    """
    number = _INT8_ARGUMENTS.get(type(module).__name__, 1)
    made_float: list[bool] = []

    def before(_module: nn.Module, args: Any, kwargs: Any) -> tuple[Any, Any]:
        taken = {name: kwargs[name] for name in _int8_keywords(number - len(args), kwargs)}
        tensors = [tensor for _, tensor in named_tensors((args[:number], taken))]
        made_float.append(bool(tensors) and not any(is_int8(tensor) for tensor in tensors))
        first, taken = map_tensors((args[:number], taken), quantized)
        return (*first, *args[number:]), {**kwargs, **taken}

    def after(_module: nn.Module, _args: Any, output: Any) -> Any:
        return map_tensors(output, dequantized) if made_float.pop() else None

    module.register_forward_pre_hook(before, with_kwargs=True)
    module.register_forward_hook(after)


def _int8_keywords(number: int, kwargs: dict[str, Any]) -> list[str]:
    """Names of the arguments that a layer takes as int8 tensors, if `number` are still missing."""
    if number <= 0:
        return []
    known = [name for name in kwargs if name in _INT8_KEYWORDS]
    return known or list(kwargs)[:number]


def methods_take_float_inputs(functional: nn.Module) -> None:
    """The same for a QFunctional, which is used through methods that run no hooks."""

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            int8 = any(is_int8(tensor) for _, tensor in named_tensors((args, kwargs)))
            args, kwargs = map_tensors((args, kwargs), quantized)
            result = method(*args, **kwargs)
            return result if int8 else map_tensors(result, dequantized)

        return wrapped

    for name in FUNCTIONAL_METHODS:
        if hasattr(functional, name):
            object.__setattr__(functional, name, wrap(getattr(functional, name)))


def dequantized(tensor: torch.Tensor) -> torch.Tensor:
    """The float tensor of an int8 one; others as they are."""
    return tensor.dequantize() if is_int8(tensor) else tensor


def quantized(tensor: torch.Tensor, stretch: float = 1.0) -> torch.Tensor:
    """A float tensor on the grid from its smallest to its largest value; others as they are.

    What is not finite goes to the ends of the grid: nothing but an int8 tensor comes out where a
    kernel of int8 follows.
    """
    if is_int8(tensor) or not tensor.is_floating_point() or tensor.numel() == 0:
        return tensor
    tensor = tensor.detach().float()
    finite = tensor[tensor.isfinite()]
    low = min(float(finite.min()), 0.0) if finite.numel() else 0.0
    high = max(float(finite.max()), 0.0) if finite.numel() else 0.0
    scale = max((high - low) / 255, 1e-8) * stretch
    zero_point = min(max(round(-low / scale), 0), 255)
    tensor = tensor.nan_to_num(0.0, posinf=high, neginf=low)
    return torch.quantize_per_tensor(tensor, scale, zero_point, torch.quint8)
