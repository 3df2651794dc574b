"""Conditions of unknown outcome that a function asks twice: both times they have the same one.

``if scale is not None: x = self.dequant(x)`` and, further down, ``if scale is not None: x = x *
scale``: the second never meets what the first has left quantized.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qlint.flow.bindings import CHANGING, bindings_of
from qlint.flow.flags import AllOf, flag_of
from qlint.flow.truth import truth
from qlint.flow.values import NOT_TENSOR, Flag, NotTensor
from qlint.syntax import model

if TYPE_CHECKING:
    from collections import Counter

    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame
    from qlint.flow.values import Value

# What a condition may call: questions that have the same answer whenever they are asked.
_QUESTIONS = frozenset(
    "get isinstance issubclass hasattr getattr callable len bool is_tensor dim size numel any all "
    "startswith endswith lower".split()
)
_ASKING = (
    model.Name,
    model.Attribute,
    model.Constant,
    model.Subscript,
    model.Sequence,
    model.Argument,
    model.Call,
    model.Compare,
    model.UnaryOp,
)
_OPPOSITES = {"is not": "is", "!=": "==", "not in": "in"}
_MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What a condition asks: a text, or whether all of some others hold."""

    text: str
    negated: bool
    parts: tuple[Question, ...] = ()


def decide(interp: Interpreter, test: model.Expression, frame: Frame) -> tuple[Value, bool | None]:
    """The value of a condition, and whether it holds, None if that cannot be known."""
    value = interp.evaluate(test, frame)
    decided = truth(interp, value)
    if decided is None:
        value = _with_flag(interp, test, value, frame)
        decided = truth(interp, value)
    return value, decided


def _with_flag(interp: Interpreter, test: model.Expression, value: Value, frame: Frame) -> Value:
    """The value of a condition, with a flag that it shares with the same one elsewhere.

    Only what one call of a function asks has one answer: another call may be about another object.
    """
    if frame.function is None or flag_of(value) is not None:
        return value
    if test not in interp.conditions:
        text = frame.function.module.text
        interp.conditions[test] = _question(test, text, bindings_of(frame.function.node))
    question = interp.conditions[test]
    return value if question is None else NotTensor(flag=_flag(interp, question, frame))


def _flag(interp: Interpreter, question: Question, frame: Frame) -> Flag:
    if question.parts:
        flags = frozenset(_flag(interp, each, frame) for each in question.parts)
        return Flag(AllOf(flags), question.negated)
    own = flag_of(frame.names.get(question.text, NOT_TENSOR))
    if own is not None:
        return Flag(own.key, own.negated is not question.negated)
    return Flag((_way(interp, frame), question.text), question.negated)


def _way(interp: Interpreter, frame: Frame | None) -> int:
    """The number of the way to an activation, the same whenever an entry point is run."""
    if frame is None:
        return 0
    if not frame.way:
        node = None if frame.function is None else frame.function.node
        place = None if frame.called_at is None else frame.called_at.start
        key = (_way(interp, frame.caller), node, place, frame.number)
        frame.way = interp.ways.setdefault(key, len(interp.ways) + 1)
    return frame.way


def _question(test: model.Expression, text: str, bindings: Counter[str]) -> Question | None:
    asked, negated = _without_negation(test)
    if isinstance(asked, model.BooleanOp):  # `a or b` is `not (not a and not b)`
        is_or = asked.op == "or"
        operands = _operands(asked, asked.op)
        if len(operands) > _MOST_PARTS:
            return None
        parts = [_question(each, text, bindings) for each in operands]
        known = tuple(replace(each, negated=each.negated is not is_or) for each in parts if each)
        return Question("", negated is not is_or, known) if None not in parts else None
    for node in model.walk(asked):
        if not isinstance(node, _ASKING) or _may_change(node, bindings):
            return None
    spelled = text[asked.start : asked.end]
    if isinstance(asked, model.Compare) and asked.ops[0] in _OPPOSITES:
        negated = not negated
        spelled = spelled.replace(asked.ops[0], _OPPOSITES[asked.ops[0]], 1)
    return Question(" ".join(spelled.split()), negated)


def _operands(test: model.Expression, op: str) -> list[model.Expression]:
    """The operands of a chain of one kind, in order."""
    operands = []
    while isinstance(test, model.BooleanOp) and test.op == op:
        operands.append(test.right)
        test = test.left
    return [test, *reversed(operands)]


def _without_negation(test: model.Expression) -> tuple[model.Expression, bool]:
    negated = False
    while isinstance(test, model.UnaryOp) and test.op == "not":
        test, negated = test.operand, not negated
    return test, negated


def _may_change(node: model.Node, bindings: Counter[str]) -> bool:
    """Whether part of a condition may be something else when it is evaluated again."""
    if isinstance(node, model.Name):
        return bindings[node.id] >= CHANGING
    if isinstance(node, model.Attribute):
        return bindings["." + node.name] > 0
    if isinstance(node, model.Call):
        return model.last_name(node.func) not in _QUESTIONS
    return False
