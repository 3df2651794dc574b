"""assert_no_raw_ops: between the stubs nothing runs that int8 lacks or gets wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import fx

from pytest_qcheck.int8_run import find_raw_ops
from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import Patterns, as_patterns, matches, select
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from torch import nn

    from pytest_qcheck.int8_run import RawOp

_FUNCTIONAL = frozenset(
    "add radd iadd mul rmul imul multiply cat concat concatenate stack hstack vstack dstack "
    "matmul rmatmul bmm mm".split()
)


def assert_no_raw_ops(model: nn.Module, inputs: object, *, ignore: Patterns = ()) -> None:
    """Assert that between the stubs no torch operation runs that int8 lacks or gets wrong.

    The model need not be converted: a copy is prepared, calibrated on `inputs`, converted and
    run on the current engine, and what fails there is replaced by its float form so that the
    run shows every such operation at once. Wrong without an error are `cat` and its like on
    tensors with different qparams, and `mean` over everything. Functional relu is neither (see
    `assert_fully_fused`). Models of the graph flows (FX, PT2E) may use any operator and pass.

    Args:
        model: a float, prepared or converted model; it is copied and run in eval mode.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.
        ignore: names or glob patterns of modules in which raw operations may run; a name
            includes what is inside it.

    Raises:
        AssertionError: names file and line of each operation, the module, and the error.
        TypeError: for inputs of another kind.
        ValueError: if the model has no QuantStub, or a pattern of `ignore` matches nothing.
    """
    __tracebackhide__ = True
    model = check_model(model)
    select([name for name, _ in named_modules(model)], ignore=ignore)
    if isinstance(model, fx.GraphModule):
        return
    ignored = as_patterns(ignore, "ignore")
    found = [op for op in find_raw_ops(model, inputs) if not matches(op.module, ignored)]
    if not found:
        return
    failing = sum(op.outcome == "fails" for op in found)
    wrong = len(found) - failing
    said = [f"{count(failing, 'fails', 'fail')} on int8 tensors"] if failing else []
    said += [f"{count(wrong, 'is', 'are')} silently wrong"] if wrong else []
    raise failure(
        f"{count(len(found), 'raw operation')} between the stubs of {type(model).__name__}: "
        f"{', '.join(said)}.",
        columns=("called at", "operation", "in module", "what happens"),
        rows=[(op.place, op.name, op.module or "(top)", _short(op.reason)) for op in found],
        meaning="the float and the fake-quant model run these lines; the converted model raises "
        "an error there, or goes on with a wrong scale.",
        cure=_cure(found),
    )


def _cure(found: list[RawOp]) -> str:
    advice = []
    if any(op.name.rstrip("_") in _FUNCTIONAL for op in found):
        advice.append(
            "give each add, mul, matmul and cat a `torch.ao.nn.quantized.FloatFunctional` of its "
            "own, made in __init__"
        )
    if any(op.name.rstrip("_") not in _FUNCTIONAL for op in found):
        advice.append(
            "for what has no FloatFunctional method, use a module or function with an int8 "
            "kernel, or a float island: a DeQuantStub before it and a QuantStub of its own behind"
        )
    return "; ".join(advice) + ". `qlint` finds and explains these lines without running them."


def _short(reason: str, width: int = 70) -> str:
    return reason if len(reason) <= width else reason[: width - 3] + "..."
