"""Functions of einops, which are torch functions with a pattern."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import torch_calls
from qlint.flow.containers import items_of
from qlint.flow.operators import report_unsupported
from qlint.flow.values import NOT_TENSOR, UNKNOWN, Constant, Tuple, Value, quantized_in
from qlint.semantics import kernels

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

MODULE = "einops."


def call(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Value:
    """Call a function of einops, or construct one of its layers."""
    short = name.rpartition(".")[2]
    if short in ("rearrange", "repeat"):
        interp.folded = interp.epoch
        return _one_tensor(interp, arguments, site)
    if short == "reduce":
        return _reduce(interp, arguments, site)
    if short == "einsum":
        return torch_calls.call(interp, "torch.einsum", arguments, site)
    if short == "pack":
        return Tuple((_joined(interp, "torch.cat", arguments, site), NOT_TENSOR))
    if short == "unpack":
        return Tuple((arguments.get(0, "tensor") or UNKNOWN,), open=True)
    if short == "parse_shape":
        return NOT_TENSOR
    return torch_calls.call(interp, name, arguments, site)


def _one_tensor(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """The tensor that a function works on: the first argument, stacked if it is a list."""
    value = arguments.get(0, "tensor") or UNKNOWN
    return value if items_of(value) is None else _joined(interp, "torch.stack", arguments, site)


def _joined(interp: Interpreter, function: str, arguments: Arguments, site: Site) -> Value:
    value = arguments.get(0, "tensors") or arguments.get(0, "tensor") or UNKNOWN
    items = items_of(value)
    if items is not None and len(items.items) == 1 and not items.open:
        return items.items[0]
    return torch_calls.call(interp, function, replace(arguments, args=(value,), kwargs={}), site)


def _reduce(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    tensor = _one_tensor(interp, arguments, site)
    reduction = arguments.get(2, "reduction")
    if not (isinstance(reduction, Constant) and isinstance(reduction.value, str)):
        return tensor
    quantized = quantized_in((tensor,))
    if reduction.value == "mean" and quantized is not None:  # einops asks for a float tensor
        fails = kernels.Outcome.FAILS
        report_unsupported(interp, "reduce", arguments.spelled, fails, site, quantized)
        return replace(quantized, grid=object())
    inner = replace(arguments, args=(tensor, NOT_TENSOR), kwargs={})
    short = "amax" if reduction.value == "max" else reduction.value
    return torch_calls.call(interp, f"torch.{short}", inner, site)
