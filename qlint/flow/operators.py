"""Python operators on what is known of their operands."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qlint.flow import dtypes, enums, texts
from qlint.flow.containers import bounded, data_of, items_of, known_pairs, new_dict, new_list
from qlint.flow.events import CoarseActivation, Operation, UnsupportedOperation
from qlint.flow.flags import IsAmong, flag_of
from qlint.flow.modules import children, external_base, is_known_in_part
from qlint.flow.usage import note_tensors, note_writing, own_storage
from qlint.flow.values import (
    FLOAT,
    NONE,
    NOT_TENSOR,
    UNKNOWN,
    Class,
    Constant,
    Dict,
    External,
    Flag,
    Function,
    Instance,
    List,
    NotTensor,
    State,
    Tensor,
    Tuple,
    Unknown,
    Value,
    common_format,
    is_surely_no_tensor,
    join,
    options_of,
    quantized_in,
    verdict,
)
from qlint.semantics.kernels import BAD, Outcome, is_coarse
from qlint.semantics.modules import MODULE_DICT
from qlint.semantics.operations import (
    BEYOND_GRIDS,
    BINARY_OPERATORS,
    UNSUPPORTED_OPERATORS,
    UNSUPPORTED_UNARY,
    Op,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qlint.flow.events import Form, Site
    from qlint.flow.interpreter import Interpreter

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
}
_EQUALITIES = {"is": True, "==": True, "is not": False, "!=": False}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, container: item in container,
    "not in": lambda item, container: item not in container,
}
_ORDERINGS = frozenset({"<", "<=", ">", ">="})
_UNARY: dict[str, Callable[[Any, Any], Any]] = {
    "-": lambda value, _: -value,
    "+": lambda value, _: +value,
    "~": lambda value, _: ~value,
    "abs": lambda value, _: abs(value),
    "round": lambda value, _: round(value),
}
# Larger results of constant arithmetic are of no use and could take for ever.
_LARGEST_OPERAND = 1 << 32
_LONGEST_TEXT = 4096
_MOST_REPEATED = 64
_MOST_ITEMS = 4096


def binary(
    interp: Interpreter,
    op: str,
    left: Value,
    right: Value,
    site: Site,
    form: Form,
    spelled: str = "",
) -> Value:
    """The value of ``left op right``; an event if a quantized tensor gets there.

    ``spelled`` is how the source writes the operator, if it is not the operator itself.
    """
    tensors = [
        each for side in (left, right) for each in options_of(side) if isinstance(each, Tensor)
    ]
    note_tensors(interp, site, tensors)
    quantized = quantized_in(tensors)
    if quantized is not None and quantized.handed_on and op == "+":
        # An unknown module's result may be a sequence, and is one if it is joined to another.
        sequence = next((each for each in (left, right) if items_of(each) is not None), None)
        if sequence is not None:
            added = items_of(sequence) or Tuple(())
            items = (*added.items, replace(quantized, handed_on=False, grid=None))
            return new_list(items, more=True)
    if quantized is not None:
        family = BINARY_OPERATORS.get(op)
        if family is not None:
            spelled = spelled or (op + "=" if form == "in-place operator" else op)
            report_arithmetic(interp, family, form, spelled, site, (left, right), quantized)
        elif op in UNSUPPORTED_OPERATORS:
            name = UNSUPPORTED_OPERATORS[op]
            fails, both = Outcome.FAILS, (left, right)
            report_unsupported(interp, name, spelled or op, fails, site, quantized, both)
        # Unlike any other grid, but one for all its parts.
        layout = common_format((left,))
        result = replace(quantized, grid=object(), channels_last=layout, storages=own_storage())
        if form == "in-place operator":
            note_writing(interp, site, left, result)
        return result
    return join(_binary(op, a, b) for a in options_of(left) for b in options_of(right))


def report_arithmetic(
    interp: Interpreter,
    family: Op,
    form: Form,
    spelled: str,
    site: Site,
    operands: tuple[Value, ...],
    tensor: Tensor,
) -> None:
    """Tell the rules about arithmetic on a quantized tensor."""
    with_scalar = any(is_surely_no_tensor(each) for each in operands)
    interp.report(Operation(family, form, spelled, site, operands, tensor, with_scalar))


def report_unsupported(
    interp: Interpreter,
    name: str,
    spelled: str,
    outcome: Outcome | None,
    site: Site,
    tensor: Tensor,
    operands: tuple[Value, ...] = (),
) -> None:
    """Tell the rules about an operation on a quantized tensor, if no kernel does it right."""
    if outcome in BAD:
        assert outcome is not None
        interp.report(UnsupportedOperation(name, spelled, outcome, site, tensor, operands))
    elif is_coarse(name):
        interp.report(CoarseActivation(name, spelled, site, tensor, operands))


def is_beyond_grids(value: Value | None) -> bool:
    """Whether a value is a number so large that no quantized tensor can hold it: ``-inf``."""
    number = value.value if isinstance(value, Constant) else None
    return isinstance(number, (int, float)) and not abs(number) < BEYOND_GRIDS


def _binary(op: str, left: Value, right: Value) -> Value:
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        other = right if isinstance(left, Tensor) else left
        if isinstance(other, Unknown):
            return UNKNOWN
        return replace(FLOAT, dtype=dtypes.of_arithmetic(op, left, right))
    if op == "%" and isinstance(left, Constant) and isinstance(left.value, str):
        return texts.percent(left.value, right)
    if op == "+" and _is_text(left) and _is_text(right) and NotTensor in (type(left), type(right)):
        return texts.joined((left, right))
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _compute(_ARITHMETIC.get(op), left.value, right.value)
    left, right = data_of(left), data_of(right)
    if op == "|" and isinstance(left, (Class, External)) and isinstance(right, (Class, External)):
        return Tuple((left, right))  # for isinstance
    if op == "|" and isinstance(left, Dict) and isinstance(right, Dict):
        both = new_dict([*known_pairs(left), *known_pairs(right)])
        both.open = left.open or right.open
        return both
    a, b = items_of(left), items_of(right)
    if a is not None:
        return _sequence_arithmetic(op, left, a, right, b)
    if b is not None and op == "*":
        return _sequence_arithmetic(op, right, b, left, None)
    if isinstance(left, (NotTensor, Constant)) and isinstance(right, (NotTensor, Constant)):
        return NOT_TENSOR
    return UNKNOWN


def _is_text(value: Value) -> bool:
    if isinstance(value, NotTensor):
        return value.glob is not None
    return isinstance(value, Constant) and isinstance(value.value, str)


def _sequence_arithmetic(op: str, left: Value, a: Tuple, right: Value, b: Tuple | None) -> Value:
    as_list = isinstance(left, List)
    if op == "+" and b is not None:
        items, more = a.items + b.items, a.open or b.open
    elif op == "*" and isinstance(right, Constant) and isinstance(right.value, int):
        times = min(right.value, _MOST_REPEATED, _MOST_ITEMS // max(len(a.items), 1))
        items, more = a.items * times, a.open or times < right.value
    elif op == "*":
        items, more = a.items, True
    elif b is not None and op in "&|-^" and _are_constants(a) and _are_constants(b):
        items = tuple(_ARITHMETIC[op](dict.fromkeys(a.items).keys(), dict.fromkeys(b.items).keys()))
        more = False
    else:
        return UNKNOWN if op == "+" else NOT_TENSOR
    return new_list(items, more=more) if as_list else bounded(items, more)


def _are_constants(items: Tuple) -> bool:
    return not items.open and all(isinstance(each, Constant) for each in items.items)


def compare(op: str, left: Value, right: Value) -> Value:
    """The value of a comparison."""
    result = _compare(op, left, right)
    flag = None if isinstance(result, Constant) else _flag_of_comparison(op, left, right)
    return result if flag is None else NotTensor(flag=flag)


def _flag_of_comparison(op: str, left: Value, right: Value) -> Flag | None:
    """The flag that ``parameter == constant`` is, one for each constant."""
    flag = next((found for each in options_of(left) if (found := flag_of(each))), None)
    if flag is None:
        return None
    if op in ("in", "not in"):
        listed = items_of(right)
        if listed is None or not _are_constants(listed):
            return None
        among = frozenset(each.value for each in listed.items if isinstance(each, Constant))
        return Flag(IsAmong(flag.key, among), negated=op == "not in")
    if op not in _EQUALITIES:
        return None
    equal = _EQUALITIES[op]
    if isinstance(right, Constant) and isinstance(right.value, bool):
        return flag if equal is right.value else Flag(flag.key, not flag.negated)
    if isinstance(right, Constant) and right.value == 0 and isinstance(right.value, int):
        return Flag(flag.key, flag.negated is not equal)
    if isinstance(right, Constant) and isinstance(right.value, (str, int)):
        return Flag(IsAmong(flag.key, frozenset({right.value})), negated=not equal)
    return None


def _compare(op: str, left: Value, right: Value) -> Value:
    if op in ("is", "is not"):
        return _identity(op == "is", left, right)
    if op in ("in", "not in"):
        return _membership(op == "in", left, data_of(right))
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return dtypes.WHOLE
    if op in _ORDERINGS:
        left, right = enums.plain(left), enums.plain(right)
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _compute(_COMPARISONS[op], left.value, right.value)
    a, b = items_of(left), items_of(right)
    if a is not None and b is not None and not a.open and not b.open:
        plain = [
            tuple(each.value for each in side.items if isinstance(each, Constant))
            for side in (a, b)
        ]
        if [len(side) for side in plain] == [len(a.items), len(b.items)]:
            return _compute(_COMPARISONS[op], *plain)
    if op in ("==", "!="):
        return _identity(op == "==", left, right, sure_if_different=False)
    return NOT_TENSOR


def _membership(positive: bool, left: Value, right: Value) -> Value:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return _compute(_COMPARISONS["in" if positive else "not in"], left.value, right.value)
    if enums.is_flag(right):
        contained = enums.contains(right, left)
        return verdict(None if contained is None else contained is positive)
    if isinstance(right, Dict):
        known, more = [key for key, _ in known_pairs(right)], right.open
    elif isinstance(right, Instance) and external_base(right) == MODULE_DICT:
        known, more = [Constant(name) for name, _ in children(right)], is_known_in_part(right)
    else:
        items = items_of(right)
        if items is None:
            return NOT_TENSOR
        known, more = list(items.items), items.open
    answers = {_is_among(each, known, more) for each in options_of(left)}
    answer = answers.pop() if len(answers) == 1 else None
    return verdict(None if answer is None else answer is positive)


def _is_among(value: Value, known: Sequence[Value], more: bool) -> bool | None:
    if isinstance(value, Constant) and all(type(item) is Constant for item in known):
        # As Python has it, 1.0 is among (1, 2).
        found = any(value.value == each.value for each in known if isinstance(each, Constant))
        return found or (None if more else False)
    sure = [_identity(True, value, item, sure_if_different=False) for item in known]
    if Constant(True) in sure:
        return True
    return False if not more and all(each == Constant(False) for each in sure) else None


def _identity(
    positive: bool, left: Value, right: Value, *, sure_if_different: bool = True
) -> Value:
    answers = {
        _identical(a, b, sure_if_different) for a in options_of(left) for b in options_of(right)
    }
    answer = answers.pop() if len(answers) == 1 else None
    return verdict(None if answer is None else answer is positive)


def _identical(left: Value, right: Value, sure_if_different: bool) -> bool | None:
    if isinstance(left, (Unknown, NotTensor)) or isinstance(right, (Unknown, NotTensor)):
        # A size or a flag that is not known is still not None.
        sized = isinstance(left, NotTensor) or isinstance(right, NotTensor)
        return False if sized and NONE in (left, right) else None
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return None if isinstance(left, Tensor) and isinstance(right, Tensor) else False
    if left is right or (left == right and not isinstance(left, Tuple)):
        return True
    if enums.is_member(left) or enums.is_member(right):
        return enums.equal(left, right)
    if sure_if_different:
        return None if isinstance(left, Tuple) and isinstance(right, Tuple) else False
    # Equal is more than identical: of two containers or instances it is not known.
    named = (Constant, Class, External, Function)
    container = (Tuple, List, Dict)
    if isinstance(left, named) and isinstance(right, (*named, *container)):
        return False
    return False if isinstance(left, container) and isinstance(right, named) else None


def unary(interp: Interpreter, op: str, operand: Value, truth: bool | None, site: Site) -> Value:
    """The value of ``op operand``; ``truth`` is the operand's."""
    if op == "not":
        if truth is not None:
            return verdict(not truth)
        flag = flag_of(operand)
        return NOT_TENSOR if flag is None else NotTensor(flag=Flag(flag.key, not flag.negated))
    tensors = [each for each in options_of(operand) if isinstance(each, Tensor)]
    note_tensors(interp, site, tensors)
    tensor = quantized_in(tensors)
    if tensor is not None and op in UNSUPPORTED_UNARY:
        name, fails = UNSUPPORTED_UNARY[op], Outcome.FAILS
        report_unsupported(interp, name, op, fails, site, tensor, (operand,))
        return replace(tensor, grid=object(), storages=own_storage())
    return join(_unary(op, each) for each in options_of(operand))


def _unary(op: str, operand: Value) -> Value:
    if isinstance(operand, Constant):
        return _compute(_UNARY[op], operand.value, None)
    if op == "~" and enums.is_flag(operand):
        return enums.inverted(operand)
    if isinstance(operand, (Unknown, NotTensor)) and operand.flag is not None:
        return replace(operand, flag=None)
    return operand


def _compute(function: Callable[[Any, Any], Any] | None, left: Any, right: Any) -> Value:
    for operand in (left, right):
        if isinstance(operand, int) and abs(operand) > _LARGEST_OPERAND:
            return NOT_TENSOR
        if isinstance(operand, (str, bytes)) and len(operand) > _LONGEST_TEXT:
            return NOT_TENSOR
    if function in (operator.pow, operator.lshift) and isinstance(right, int) and abs(right) > 64:
        return NOT_TENSOR
    if function is operator.mul and isinstance(left, (str, bytes)) | isinstance(
        right, (str, bytes)
    ):
        return NOT_TENSOR
    try:
        result = None if function is None else function(left, right)
    except Exception:
        return NOT_TENSOR
    return NOT_TENSOR if function is None else Constant(result)


def quantized_result(values: tuple[Value, ...]) -> Value:
    """A tensor in the state of the tensors among the values."""
    quantized = quantized_in(values)
    if quantized is not None:
        return quantized
    if any(isinstance(each, Unknown) for value in values for each in options_of(value)):
        return UNKNOWN
    return Tensor(State.FLOAT)
