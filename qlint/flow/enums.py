"""Classes derived from ``enum.Enum``: their members, and finding one by its value."""

from __future__ import annotations

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

if TYPE_CHECKING:
    from collections.abc import Sequence

_BASES = frozenset(f"enum.{name}" for name in "Enum IntEnum StrEnum Flag IntFlag".split())
_PLAIN = frozenset({"enum.IntEnum", "enum.StrEnum", "enum.IntFlag", "builtins.str", "builtins.int"})


def is_enum(cls: Class | External) -> bool:
    """Whether a class of the program is an enumeration."""
    return isinstance(cls, Class) and not _BASES.isdisjoint(cls.external_bases)


def make_members(cls: Class) -> None:
    """Replace the values in the body of an enumeration by its members.

    What ``auto()`` makes is not known, and need not be: members are told apart by identity.
    """
    for name, value in cls.namespace.items():
        nested = isinstance(value, Class) and value.node in cls.node.body
        if not name.startswith("_") and not isinstance(value, Function) and not nested:
            cls.namespace[name] = Instance({"name": Constant(name), "value": value}, cls=cls)


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
