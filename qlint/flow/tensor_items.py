"""Writing into part of a tensor: ``x[index] = value``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.operators import is_beyond_grids, report_unsupported
from qlint.flow.values import (
    FLOAT,
    INPUT,
    NONE,
    SEVERAL,
    Constant,
    List,
    NotTensor,
    State,
    Tensor,
    Tuple,
    Value,
    options_of,
    quantized_in,
)
from qlint.semantics.kernels import Outcome
from qlint.semantics.operations import FILL, PART, WRITE

if TYPE_CHECKING:
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_WHOLE = (
    Constant(...),
    *(Constant(slice(start, None, step)) for start in (None, 0) for step in (None, 1)),
)


def check_write(interp: Interpreter, target: Value, index: Value, value: Value, site: Site) -> None:
    """Tell the rules of an int8 tensor that is written, or written into, where that goes wrong."""
    problems = {_problem(each, index, value) for each in options_of(target)}
    if len(problems) != 1 or (problem := problems.pop()) is None:
        return
    name, outcome = problem
    quantized = value if isinstance(value, Tensor) and value.state is State.QUANTIZED else target
    tensor = quantized_in([quantized])
    assert tensor is not None
    report_unsupported(interp, name, "x[...] = y", outcome, site, tensor)


def _problem(target: Value, index: Value, value: Value) -> tuple[str, Outcome] | None:
    """What goes wrong, and how.

    A float tensor takes no int8 one, and neither does a mask or a list of indices. Into another
    int8 tensor only the integers are copied, so that they mean other numbers on its scale; a tensor
    that is written as a whole takes over the scale. Numbers are converted, but they are written
    only into what lies in one piece, and none goes beyond the scale.
    """
    if not isinstance(target, Tensor) or target.state is State.MAYBE:
        return None
    if _may_be_list(target, index):
        return None
    parts = index.items if isinstance(index, Tuple) else (index,)
    gathers = any(isinstance(each, (Tensor, List)) for each in parts)
    if isinstance(value, Tensor) and value.state is State.QUANTIZED:
        if target.state is State.FLOAT or gathers:
            return WRITE, Outcome.FAILS
        differ = None not in (target.grid, value.grid) and target.grid != value.grid
        is_whole = all(each in _WHOLE for each in parts)
        return (WRITE, Outcome.WRONG) if differ and not is_whole else None
    if target.state is State.FLOAT:
        return None
    if is_beyond_grids(value):
        return FILL, Outcome.WRONG
    is_plain = value == FLOAT or isinstance(value, (Constant, NotTensor))
    return (PART, Outcome.FAILS) if is_plain and _is_scattered(parts) else None


def _may_be_list(target: Tensor, index: Value) -> bool:
    """Whether what is written into at one index is an input, or the result of a module that is not
    known: those may be lists of tensors.
    """  # noqa: D205
    whose = target.grid[0] if isinstance(target.grid, tuple) else None
    is_one = isinstance(index, NotTensor) or type(getattr(index, "value", None)) is int
    return is_one and (target.handed_on or whose in (SEVERAL, INPUT))


def _is_scattered(parts: tuple[Value, ...]) -> bool:
    """Whether an index takes all of a dimension, but not of a later one."""
    if not all(isinstance(each, (Constant, NotTensor)) for each in parts):
        return False
    rest = list(parts)
    while rest and rest[0] not in _WHOLE:
        rest.pop(0)
    return any(each not in (*_WHOLE, NONE) for each in rest)
