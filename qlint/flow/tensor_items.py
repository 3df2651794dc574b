"""Writing into part of a tensor: ``x[index] = value``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.operators import report_unsupported
from qlint.flow.values import List, State, Tensor, Tuple, Value, options_of
from qlint.semantics.kernels import Outcome
from qlint.semantics.operations import WRITE

if TYPE_CHECKING:
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


def check_write(interp: Interpreter, target: Value, index: Value, value: Value, site: Site) -> None:
    """Tell the rules of an int8 tensor that is written where it cannot stand.

    A float tensor takes none, and neither does a mask or a list of indices. Into another int8
    tensor only the integers are copied, so that they mean other numbers on its scale.
    """
    if not (isinstance(value, Tensor) and value.state is State.QUANTIZED):
        return
    outcomes = {_outcome(each, index, value) for each in options_of(target)}
    if len(outcomes) == 1:
        report_unsupported(interp, WRITE, "x[...] = y", outcomes.pop(), site, value)


def _outcome(target: Value, index: Value, value: Tensor) -> Outcome | None:
    if not isinstance(target, Tensor) or target.state is State.MAYBE:
        return None
    parts = index.items if isinstance(index, Tuple) else (index,)
    if target.state is State.FLOAT or any(isinstance(each, (Tensor, List)) for each in parts):
        return Outcome.FAILS
    differ = None not in (target.grid, value.grid) and target.grid != value.grid
    return Outcome.WRONG if differ else None
