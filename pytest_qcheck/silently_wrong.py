"""What torch's int8 kernels and modules compute wrong without an error, as measured.

Each rule was run against the same operation in float, on every engine (torch 2.13). What is named
here raises nothing, so that only its arguments tell that the result is wrong.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
import torch.ao.nn.quantizable as nnqa
import torch.ao.nn.quantized as nnq

from pytest_qcheck.isolation import named_tensors

if TYPE_CHECKING:
    from torch import nn

# These put tensors side by side, in the grid of the first one.
JOINS = frozenset(
    "cat concat concatenate stack hstack vstack dstack column_stack row_stack "
    "cartesian_prod".split()
)

# These write a tensor into another one, whose grid stays.
WRITES = frozenset(
    "setitem copy select_scatter slice_scatter diagonal_scatter as_strided_scatter".split()
)

# Where the number is that these write, and how it is called as a keyword.
FILLS = {
    "setitem": (2, "value"),
    "masked_fill": (2, "value"),
    "fill": (1, "value"),
    "full_like": (1, "fill_value"),
    "threshold": (2, "value"),
    "pad": (3, "value"),
    "constant_pad_nd": (2, "value"),
}

_MOST_BEYOND = 0.1


def is_int8(value: object) -> bool:
    """Whether `value` is a quantized tensor."""
    return isinstance(value, torch.Tensor) and value.is_quantized


def wrong_module(module: nn.Module) -> str:
    """What is silently wrong about an int8 module of torch; empty if nothing is."""
    if isinstance(module, nnqa.MultiheadAttention) and module.batch_first and module.num_heads > 1:
        return "with batch_first=True its int8 form mixes up the heads"
    if isinstance(module, nnq.PReLU):
        return "its int8 form is 10 dB off"
    return ""


def wrong_result(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What is silently wrong about an operation that ran on int8 tensors; empty if nothing is."""
    if name in JOINS or name in WRITES:
        mixed = _mixed_grids(name, args, kwargs)
        if mixed:
            return mixed
    if name in FILLS:
        return _saturates(name, args, kwargs)
    if name == "mean" and _means_everything(args, kwargs):
        return "one number for the whole tensor, rounded to the input's scale"
    if torch.backends.quantized.engine == "qnnpack":
        return _ignored_by_qnnpack(name, args, kwargs)
    return ""


def _mixed_grids(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Tensors of different qparams become one; the bytes of all but the first are misread."""
    tensors = [
        tensor
        for _, tensor in named_tensors((args, kwargs))
        if is_int8(tensor) and tensor.qscheme() == torch.per_tensor_affine
    ]
    if name in WRITES:
        # A single number is converted. A tensor that is written as a whole takes over the qparams,
        # but where it is a view, the one that it is part of keeps its own.
        tensors = [each._base if each._base is not None else each for each in tensors[:1]] + [
            each for each in tensors[1:] if each.numel() > 1
        ]
    grids = [(tensor.q_scale(), tensor.q_zero_point()) for tensor in tensors]
    if len(set(grids)) < 2:
        return ""
    scales = [scale for scale, _ in grids]
    whose = "the first tensor's scale" if name in JOINS else "the scale of what it writes to,"
    return (
        f"takes {whose} {scales[0]:.4g} for all; "
        f"theirs go from {min(scales):.4g} to {max(scales):.4g}"
    )


def _saturates(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A number is written that lies far beyond the grid of the tensor."""
    value, target = _argument(args, kwargs, *FILLS[name]), args[0] if args else None
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.dequantize().item() if value.is_quantized else value.item()
    if not isinstance(value, (int, float)) or not isinstance(target, torch.Tensor):
        return ""
    if not is_int8(target) or target.qscheme() != torch.per_tensor_affine:
        return ""
    scale, zero_point = target.q_scale(), target.q_zero_point()
    limits = torch.iinfo(target.dtype)
    low, high = (limits.min - zero_point) * scale, (limits.max - zero_point) * scale
    beyond = max(low - value, value - high)
    # The ranges of calibration are no sharp limits, and a little saturation does little harm.
    if not beyond > _MOST_BEYOND * (high - low):
        return ""
    return f"writes {value:.4g} as {low if value < low else high:.4g}, the end of the int8 range"


def _means_everything(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    tensor, dims = args[0] if args else kwargs.get("input"), _argument(args, kwargs, 1, "dim")
    dims = kwargs.get("axis", dims)
    if not isinstance(tensor, torch.Tensor):
        return False
    number = len(dims) if isinstance(dims, (tuple, list)) else dims is not None
    return number == 0 or number == tensor.dim()


def _ignored_by_qnnpack(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Arguments of pooling that the kernels of qnnpack do not look at."""
    if name == "max_pool2d" and _numbers(_argument(args, kwargs, 4, "dilation")) - {1}:
        return "qnnpack ignores the dilation"
    if name not in ("avg_pool1d", "avg_pool2d"):
        return ""
    padded = bool(_numbers(_argument(args, kwargs, 3, "padding")) - {0})
    if padded and _argument(args, kwargs, 5, "count_include_pad") is False:
        return "qnnpack ignores count_include_pad=False"
    divisor = _argument(args, kwargs, 6, "divisor_override")
    kernel = _argument(args, kwargs, 1, "kernel_size")
    area = kernel**2 if isinstance(kernel, int) else math.prod((*kernel, *kernel)[:2])
    if divisor not in (None, area):
        return "qnnpack ignores divisor_override"
    return ""


def _argument(args: tuple[Any, ...], kwargs: dict[str, Any], position: int, name: str) -> Any:
    return args[position] if position < len(args) else kwargs.get(name)


def _numbers(value: object) -> set[int]:
    """The numbers in `2`, `(2, 2)` or nothing."""
    return {value} if isinstance(value, int) else set(value) if value else set()  # type: ignore[call-overload]
