"""assert_no_raw_ops: between the stubs nothing runs that int8 lacks or gets wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import torch
from torch import fx

from pytest_qcheck.int8_run import find_raw_ops
from pytest_qcheck.isolation import as_call, check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import Patterns, as_patterns, matches, select
from pytest_qcheck.raw_op import METHODS
from pytest_qcheck.silently_wrong import FILLS, WRITES
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from pytest_qcheck.raw_op import RawOp

_FUNCTIONAL = frozenset(
    "add radd iadd mul rmul imul multiply cat concat concatenate matmul rmatmul bmm mm".split()
)
_STACKS = frozenset("stack hstack vstack dstack column_stack row_stack".split())


def assert_no_raw_ops(model: nn.Module, inputs: object, *, ignore: Patterns = ()) -> None:
    """Assert that between the stubs no torch operation runs that int8 lacks or gets wrong.

    The model need not be converted: a copy is prepared, calibrated on `inputs`, converted and
    run on the current engine, and what fails there is replaced by its float form so that the
    run shows every such operation at once. Qconfigs that the model has are used as they are.
    Wrong without an error are, among others, `cat` and writing a tensor into another one of
    different qparams, `mean` over everything, numbers beyond the int8 range, and arguments that
    an engine ignores. Functional relu is neither (see `assert_fully_fused`). Models of the graph
    flows (FX, PT2E) may use any operator and pass.

    Limits: a float tensor that reaches an int8 layer is another defect and is not reported; the
    layer is run as a float one. Operations in other threads, and inside TorchScript and
    `torch.vmap`, are not seen: what fails there ends the run, and is named by the line that calls
    it; what is silently wrong there passes.

    Args:
        model: a float, prepared or converted model; it is copied and run in eval mode.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.
        ignore: names or glob patterns of modules in which raw operations may run; a name
            includes what is inside it. What ends the run is never ignored.

    Raises:
        AssertionError: names file and line of each operation, the module, and the error.
        TypeError: for inputs of another kind, and for a model that TorchScript has compiled.
        ValueError: if the model has no QuantStub or calls none, or a pattern of `ignore` matches
            nothing.
    """
    __tracebackhide__ = True
    model = check_model(model)
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError(
            f"model is TorchScript ({type(model).__name__}), whose code cannot be looked into: "
            "pass the eager model that it was made of"
        )
    as_call(inputs)
    ignored = as_patterns(ignore, "ignore")
    select([name for name, _ in named_modules(model)], ignore=ignored)
    if isinstance(model, fx.GraphModule):
        return
    found = [
        op
        for op in find_raw_ops(model, inputs)
        if op.outcome == "ends" or not matches(op.module, ignored)
    ]
    if found:
        raise failure(
            _headline(type(model).__name__, found),
            columns=("called at", "operation", "in module", "what happens"),
            rows=[_row(ops) for ops in _by_place(found)],
            meaning="the float and the fake-quant model run these lines; the converted model "
            "raises an error there, or goes on with a wrong result.",
            cure="; ".join(_different(_cure(op) for op in found))
            + ". `qlint` finds and explains these lines without running them.",
        )


def _headline(model: str, found: list[RawOp]) -> str:
    outcomes = [op.outcome for op in found]
    failing, wrong = outcomes.count("fails"), outcomes.count("wrong")
    said = [f"{count(failing, 'fails', 'fail')} on int8 tensors"] if failing else []
    said += [f"{count(wrong, 'is', 'are')} silently wrong"] if wrong else []
    end = next((op for op in found if op.outcome == "ends"), None)
    if not said and end is not None:
        where = f" in `{end.module}`" if end.module else ""
        return f"The converted {model} fails on these inputs{where}: {end.reason}"
    headline = (
        f"{count(failing + wrong, 'raw operation')} between the stubs of {model}: "
        f"{', '.join(said)}."
    )
    if end is not None:
        headline += f" Then the run ends at {end.place}, and what follows is not checked."
    return headline


def _by_place(found: list[RawOp]) -> list[list[RawOp]]:
    """What was found at one line of code; in torch's own code, in one module."""
    places: dict[tuple[str, ...], list[RawOp]] = {}
    for op in found:
        key = (op.place,) if op.file else (op.place, op.module)
        places.setdefault(key, []).append(op)
    return list(places.values())


def _row(ops: list[RawOp]) -> tuple[str, str, str, str]:
    """Called at, operations, modules and reasons of what was found at one place."""
    modules = _different(op.module or "(top)" for op in ops)
    where = modules[0] if len(modules) == 1 else f"{modules[0]} and {len(modules) - 1} more"
    times = Counter(op.name or "(ends the run)" for op in ops)
    names = ", ".join(name if n == 1 else f"{name} ({n} times)" for name, n in times.items())
    reasons = "; ".join(_different(op.reason for op in ops))
    return ops[0].place, names, where, _short(reasons)


_ISLAND = (
    "for what has no FloatFunctional method, use a module or function with an int8 kernel, or a "
    "float island: a DeQuantStub before it and a QuantStub of its own behind"
)


def _cure(op: RawOp) -> str:
    """What to do about one of them."""
    if op.outcome == "ends":
        return (
            "make the line that ends the run work with what convert makes of the model: int8 "
            "tensors and int8 layers"
        )
    if op.reason == METHODS:
        return "call the layer; what is asked of its `weight` and `bias`, ask in __init__"
    if op.name[:1].isupper():
        return (
            f"keep {op.name} float: `qconfig = None` for it, a DeQuantStub before it and a "
            "QuantStub of its own behind"
        )
    if op.within in ("FloatFunctional", "FXFloatFunctional"):
        return (
            "make each FloatFunctional in __init__ and give it a qconfig: this one was not "
            "prepared, so that it stays float"
        )
    if op.within and op.name in _FUNCTIONAL | _STACKS:
        return (
            f"{op.within} is torch's own and does this inside: replace it, or make it a float "
            "island with a DeQuantStub before it and a QuantStub of its own behind"
        )
    return _cure_of_function(op)


def _cure_of_function(op: RawOp) -> str:
    if op.name in _STACKS:
        return (
            "a FloatFunctional has no stack: unsqueeze the tensors where they need it and join "
            "them with `FloatFunctional.cat`"
        )
    if op.name in _FUNCTIONAL:
        return (
            "give each add, mul, matmul and cat a `torch.ao.nn.quantized.FloatFunctional` of its "
            "own, made in __init__"
        )
    if op.outcome == "wrong" and op.name in WRITES:
        return (
            "do not write into a quantized tensor, whose scale stays: build the result with "
            "`FloatFunctional.cat`, which gives all parts one scale, or in a float island"
        )
    if op.outcome == "wrong" and op.name in FILLS:
        return "write a number that the tensor's scale can hold, or do it in a float island"
    return _ISLAND


def _different(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _short(reason: str, width: int = 70) -> str:
    return reason if len(reason) <= width else reason[: width - 3] + "..."
