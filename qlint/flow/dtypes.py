"""Which float tensors are, or may be, none of float32: an observer takes no others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow.containers import items_of
from qlint.flow.values import (
    FLOAT,
    Constant,
    Dtype,
    External,
    Tensor,
    Value,
    common_dtype,
    options_of,
    tensors_in,
)
from qlint.semantics.operations import (
    INTEGER_CASTS,
    INTEGER_DTYPES,
    KEEP_WHOLE,
    MAKE_WHOLE,
    OTHER_FLOATS,
)

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments

WHOLE = replace(FLOAT, dtype=Dtype.WHOLE)
_FLOATS = frozenset({"torch.float32", "torch.float", "torch.FloatTensor"})


def of_arithmetic(op: str, left: Value, right: Value) -> Dtype:
    """The dtype of ``left op right``, one of which is a tensor, by the rules of promotion."""
    kinds = {_of_operand(each) for each in (left, right)}
    if Dtype.OTHER in kinds:
        return Dtype.OTHER
    return Dtype.WHOLE if kinds == {Dtype.WHOLE} and op != "/" else Dtype.FLOAT


def _of_operand(value: Value) -> Dtype:
    """The dtype of a tensor; a number that is no float takes on that of the other operand."""
    if isinstance(value, Tensor):
        return value.dtype
    is_float = isinstance(value, Constant) and isinstance(value.value, float)
    return Dtype.FLOAT if is_float else Dtype.WHOLE


def of_call(short: str, values: tuple[Value, ...], arguments: Arguments) -> Dtype:
    """The dtype of what an operation of torch's makes of float tensors, or of none."""
    asked = _asked(short, arguments)
    if asked is not None:
        return asked
    if short == "from_numpy":
        return Dtype.OTHER
    if short in MAKE_WHOLE:
        return Dtype.WHOLE
    if short in ("arange", "range"):
        floats = any(_has_float(each) for each in arguments.args)
        return Dtype.FLOAT if floats else Dtype.WHOLE
    if short in ("tensor", "as_tensor", "scalar_tensor"):
        given = arguments.get(0, "data")
        return Dtype.WHOLE if given is not None and _is_whole(given) else Dtype.FLOAT
    tensors = [each for value in values for each in tensors_in(value)]
    dtype = common_dtype(tensors)
    if dtype is Dtype.WHOLE:
        kept = short.removesuffix("_") in KEEP_WHOLE
        return dtype if kept and all(each.dtype is dtype for each in tensors) else Dtype.FLOAT
    return dtype


def _asked(short: str, arguments: Arguments) -> Dtype | None:
    """The dtype that a call asks for by its name or by an argument."""
    if short in INTEGER_CASTS:
        return Dtype.WHOLE
    if short in OTHER_FLOATS:
        return Dtype.OTHER
    if short == "float":
        return Dtype.FLOAT
    given = arguments.kwargs.get("dtype")
    if given is None and short in ("to", "type"):
        given = arguments.get(1, "dtype")
    if not isinstance(given, External) or not given.name.startswith("torch."):
        return None
    if given.name in _FLOATS:
        return Dtype.FLOAT
    name = given.name.rpartition(".")[2]
    return Dtype.WHOLE if name in INTEGER_DTYPES else Dtype.OTHER


def _has_float(value: Value) -> bool:
    return any(
        isinstance(each, Constant) and isinstance(each.value, float) for each in options_of(value)
    )


def _is_whole(value: Value) -> bool:
    """Whether a number, or all those in a list, are whole."""
    items = items_of(value)
    if items is not None:
        return bool(items.items) and all(_is_whole(each) for each in items.items)
    return isinstance(value, Constant) and isinstance(value.value, int)
