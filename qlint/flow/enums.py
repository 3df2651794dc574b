"""Classes derived from ``enum.Enum``: their members, and finding one by its value."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, TypeGuard

from qlint.flow.values import (
    UNKNOWN,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Value,
    join,
    options_of,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BASES = frozenset(f"enum.{name}" for name in "Enum IntEnum StrEnum Flag IntFlag".split())
_FLAGS = frozenset({"enum.Flag", "enum.IntFlag"})
_BITS: dict[str, Callable[[int, int], int]] = {
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
_PLAIN = frozenset({"enum.IntEnum", "enum.StrEnum", "enum.IntFlag", "builtins.str", "builtins.int"})


def is_enum(cls: Class | External) -> bool:
    """Whether a class of the program is an enumeration."""
    return isinstance(cls, Class) and not _BASES.isdisjoint(cls.external_bases)


def make_members(cls: Class) -> None:
    """Replace the values in the body of an enumeration by its members.

    What ``auto()`` makes need not be known, but of flags: others are told apart by identity.
    """
    numbers = _numbers_of_flags(cls) if _is_flags(cls) else {}
    for name, value in cls.namespace.items():
        nested = isinstance(value, Class) and value.node in cls.node.body
        if not name.startswith("_") and not isinstance(value, Function) and not nested:
            given = Constant(numbers[name]) if name in numbers else value
            cls.namespace[name] = Instance({"name": Constant(name), "value": given}, cls=cls)


def _is_flags(cls: Class | External) -> bool:
    return isinstance(cls, Class) and not _FLAGS.isdisjoint(cls.external_bases)


def _numbers_of_flags(cls: Class) -> dict[str, int]:
    """What ``auto()`` makes in a class of flags, and what is put together of such."""
    found: dict[str, int] = {}
    for each in cls.node.body:
        if isinstance(each, model.Assign) and len(each.targets) == 1 and each.value is not None:
            name = model.last_name(each.targets[0])
            if isinstance(each.value, model.Call) and model.last_name(each.value.func) == "auto":
                found[name] = 1 << max(found.values(), default=0).bit_length()
            elif (number := _number_in(each.value, found)) is not None:
                found[name] = number
    return found


def _number_in(node: model.Expression, known: dict[str, int]) -> int | None:
    if isinstance(node, model.Constant):
        return node.value if isinstance(node.value, int) else None
    if isinstance(node, model.Name):
        return known.get(node.id)
    if not isinstance(node, model.BinaryOp) or node.op not in {*_BITS, "<<"}:
        return None
    left, right = _number_in(node.left, known), _number_in(node.right, known)
    if left is None or right is None or (node.op == "<<" and not 0 <= right < 64):
        return None
    return left << right if node.op == "<<" else _BITS[node.op](left, right)


def is_flag(value: Value) -> TypeGuard[Instance]:
    """Whether a value is a member of an enumeration of flags, or put together of some."""
    return is_member(value) and _is_flags(value.cls)


def _number_of(value: Value) -> int | None:
    number = value.slots["value"] if is_member(value) else value
    if isinstance(number, Constant) and isinstance(number.value, int):
        return number.value
    return None


def combined(op: str, left: Value, right: Value) -> Value:
    """``left op right``, where one of them is a flag."""
    numbers = _number_of(left), _number_of(right)
    flag = left if is_flag(left) else right
    if numbers[0] is None or numbers[1] is None or not is_flag(flag) or op not in _BITS:
        return UNKNOWN
    return _flag(flag, _BITS[op](numbers[0], numbers[1]))


def inverted(flag: Instance) -> Value:
    """``~flag``: all the others of its class."""
    number, cls = _number_of(flag), flag.cls
    assert isinstance(cls, Class)
    others = 0
    for each in members(cls):
        bits = _number_of(each)
        if bits is None or number is None:
            return UNKNOWN
        others |= bits & ~number
    return _flag(flag, others)


def _flag(like: Instance, number: int) -> Instance:
    assert isinstance(like.cls, Class)
    named = [each for each in members(like.cls) if _number_of(each) == number]
    slots: dict[str, Value] = {"name": UNKNOWN, "value": Constant(number)}
    return named[0] if named else Instance(slots, cls=like.cls)


def contains(flag: Instance, part: Value) -> bool | None:
    """Whether ``part in flag``; None if it cannot be known."""
    whole, bits = _number_of(flag), _number_of(part)
    return None if whole is None or bits is None else whole & bits == bits


def truth_of(member: Instance) -> bool | None:
    """Whether a member is true: by its value if it is a flag, a number or a text."""
    value = member.slots["value"] if is_flag(member) else plain(member)
    if value is member:
        return True
    return bool(value.value) if isinstance(value, Constant) else None


def members(cls: Class) -> list[Instance]:
    """The members in their order."""
    return [each for each in cls.namespace.values() if is_member(each)]


def is_member(value: Value) -> TypeGuard[Instance]:
    """Whether a value is the member of an enumeration."""
    return isinstance(value, Instance) and is_enum(value.cls) and "value" in value.slots


def find(cls: Class, args: Sequence[Value]) -> Value:
    """``Mode("add")``: the member with that value; one of all if the value is not known."""
    found: list[Value] = list(members(cls))
    for wanted in options_of(args[0]) if args else ():
        if wanted in found:
            return wanted
        for each in members(cls):
            if isinstance(wanted, Constant) and each.slots["value"] == wanted:
                return each
    return join(found) if found else UNKNOWN


def plain(value: Value) -> Value:
    """The number or text that a member of an ``IntEnum`` or ``StrEnum`` is; others as they are."""
    if is_member(value) and isinstance(value.cls, Class):
        is_plain = not _PLAIN.isdisjoint(value.cls.external_bases)
        return value.slots["value"] if is_plain else value
    return value


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values, of which one is a member, are equal; None if it cannot be known."""
    if is_member(left) and is_member(right):
        if is_flag(left) and is_flag(right):
            numbers = _number_of(left), _number_of(right)
            known = None not in numbers
            return left.cls is right.cls and numbers[0] == numbers[1] if known else None
        return left is right
    member, other = (left, right) if is_member(left) else (right, left)
    assert is_member(member)
    assert isinstance(member.cls, Class)
    if not isinstance(other, Constant):
        return None
    if _PLAIN.isdisjoint(member.cls.external_bases):
        return False
    value = member.slots["value"]
    return value.value == other.value if isinstance(value, Constant) else None
