"""What a condition that holds says about the names in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow.modules import external_base
from qlint.flow.truth import truth
from qlint.flow.values import (
    FLOAT,
    Constant,
    Dict,
    Instance,
    List,
    State,
    Tensor,
    Tuple,
    Union,
    Unknown,
    Value,
    join,
    options_of,
)
from qlint.semantics.modules import QUANT_STUBS
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame

# What a program asks a tensor to tell int8 from float.
_ASK_FOR_KIND = frozenset({"is_floating_point", "dtype", "is_quantized"})


def assume(interp: Interpreter, test: model.Expression, holds: bool, frame: Frame) -> None:
    """Narrow local names to the values for which ``test`` is as ``holds`` says."""
    if isinstance(test, model.UnaryOp) and test.op == "not":
        assume(interp, test.operand, not holds, frame)
    elif isinstance(test, model.BooleanOp) and (test.op == "and") is holds:
        assume(interp, test.left, holds, frame)
        assume(interp, test.right, holds, frame)
    elif isinstance(test, model.NamedExpr):
        _keep(frame, test.target, lambda value: truth(interp, value) is not (not holds))
    elif isinstance(test, model.Name):
        _keep(frame, test, lambda value: truth(interp, value) is not (not holds))
    elif isinstance(test, model.Compare) and len(test.ops) == 1:
        _assume_comparison(test, holds, frame)
    elif isinstance(test, model.Attribute) and test.name == "is_quantized":
        _assume_quantized(test.value, holds, frame)
    elif isinstance(test, model.Call):
        _assume_call(interp, test, holds, frame)


def assume_passed(test: model.Expression, frame: Frame) -> None:
    """Narrow local names behind a check that stops int8 tensors: what gets past it is float."""
    for node in model.walk(test):
        if not (isinstance(node, model.Attribute) and node.name in _ASK_FOR_KIND):
            continue
        if isinstance(node.value, model.Name):
            value = frame.names.get(node.value.id)
            if isinstance(value, Tensor) and value.state is State.QUANTIZED:
                frame.names[node.value.id] = Tensor(State.FLOAT)


def assume_float(
    interp: Interpreter, function: Value, nodes: tuple[model.Argument, ...], frame: Frame
) -> None:
    """Narrow a local name that a QuantStub gets: it is float, as the stub takes nothing else."""
    is_stub = isinstance(function, Instance) and external_base(function) in QUANT_STUBS
    given = nodes[0].value if is_stub and nodes else None
    if not isinstance(given, model.Name) or interp.under_construction:
        return
    if isinstance(frame.names.get(given.id), Unknown):
        frame.names[given.id] = FLOAT


def _assume_comparison(test: model.Compare, holds: bool, frame: Frame) -> None:
    other = test.comparators[0]
    if isinstance(test.left, model.Attribute) and test.left.name == "dtype":
        text = frame.module.text[other.start : other.end]
        if (test.ops[0] in ("==", "in")) is holds and "torch." in text and "torch.q" not in text:
            _assume_quantized(test.left.value, False, frame)
    if not (isinstance(other, model.Constant) and other.value is None):
        return
    if test.ops[0] in ("is", "=="):
        is_none = holds
    elif test.ops[0] in ("is not", "!="):
        is_none = not holds
    else:
        return
    _keep(frame, test.left, lambda value: _may_be_none(value, is_none))


def _may_be_none(value: Value, wanted: bool) -> bool:
    if isinstance(value, Constant):
        return (value.value is None) is wanted

    return not wanted or isinstance(value, Unknown)


def _assume_quantized(target: model.Expression, holds: bool, frame: Frame) -> None:
    if not (isinstance(target, model.Name) and target.id in frame.names):
        return
    unsure = any(
        isinstance(each, Tensor) and each.state is State.MAYBE
        for each in options_of(frame.names[target.id])
    )
    _narrow(frame, target.id, holds)
    if unsure and not holds:  # tensors that come together are quantized together
        for name, value in frame.names.items():
            if isinstance(value, Tensor) and value.state is State.MAYBE:
                _narrow(frame, name, holds)


def _narrow(frame: Frame, name: str, quantized: bool) -> None:
    def narrow(value: Value) -> Value | None:
        if not isinstance(value, Tensor):
            return value
        if value.state is State.MAYBE:
            return replace(value, state=State.QUANTIZED) if quantized else Tensor(State.FLOAT)
        return value if (value.state is State.QUANTIZED) is quantized else None

    narrowed = [narrow(each) for each in options_of(frame.names[name])]
    kept = [each for each in narrowed if each is not None]
    if kept:
        frame.names[name] = join(kept)


def _assume_call(interp: Interpreter, test: model.Call, holds: bool, frame: Frame) -> None:
    if not (isinstance(test.func, model.Name) and len(test.arguments) == 2):
        return
    subject, classes = (each.value for each in test.arguments)
    if test.func.id != "isinstance":
        return
    text = frame.module.text[classes.start : classes.end]
    is_tensor = text.rpartition(".")[2] == "Tensor"
    is_sequence = any(word in text for word in ("list", "tuple", "Sequence", "List", "Tuple"))
    if is_tensor:
        _keep(frame, subject, lambda value: isinstance(value, Tensor) is holds or not _plain(value))
    elif is_sequence:

        def keep(value: Value) -> bool:
            if isinstance(value, Tensor):
                return not holds
            return not isinstance(value, (Tuple, List)) or holds

        _keep(frame, subject, keep)


def _plain(value: Value) -> bool:

    return isinstance(value, (Tensor, Tuple, List, Dict, Constant))


def _keep(frame: Frame, target: model.Expression, wanted: Callable[[Value], bool]) -> None:
    if not (isinstance(target, model.Name) and target.id in frame.names):
        return
    value = frame.names[target.id]
    if isinstance(value, Union):
        kept = [each for each in value.options if wanted(each)]
        if kept:
            frame.names[target.id] = join(kept)
