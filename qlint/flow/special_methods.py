"""Operators that classes of the program define: ``x[i]``, ``x in y``, ``for each in x``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow import containers, enums, operators
from qlint.flow.arguments import Arguments
from qlint.flow.truth import truth
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    BoundMethod,
    Class,
    Dict,
    Function,
    Instance,
    Union,
    Value,
    join,
    verdict,
)
from qlint.semantics import operations

if TYPE_CHECKING:
    from qlint.flow.events import Form, Site
    from qlint.flow.interpreter import Interpreter


def get_item(interp: Interpreter, value: Value, index: Value, site: Site) -> Value:
    """The value of ``value[index]``."""
    if isinstance(value, Union):
        return join(get_item(interp, each, index, site) for each in value.options)
    method = _method(value, "__getitem__")
    if method is None and _lacks(interp, value, index):
        method = _method(value, "__missing__")
    if method is None:
        return _own_item(interp, value, index, site)
    return interp.call(method, Arguments((index,)), site)


def _own_item(interp: Interpreter, value: Value, index: Value, site: Site) -> Value:
    """What a container holds; a ``defaultdict`` makes what it has not."""
    held = containers.data_of(value)
    if isinstance(held, Dict) and held.factory is not None and _lacks(interp, held, index):
        made = interp.call(held.factory, Arguments(()), site)
        containers.set_item(interp, held, index, made)
        return made
    return containers.get_item(interp, value, index)


def _lacks(interp: Interpreter, value: Value, key: Value) -> bool:
    """Whether a dict surely has no such key."""
    held = containers.data_of(value)
    if not isinstance(held, Dict) or held.open or containers.slot_of(key) is None:
        return False
    return containers.look_up(interp, held, key) is None


def set_item(interp: Interpreter, target: Value, index: Value, value: Value, site: Site) -> None:
    """Do ``target[index] = value``."""
    method = _method(target, "__setitem__")
    if method is None:
        containers.set_item(interp, target, index, value)
    else:
        interp.call(method, Arguments((index, value)), site)


def iterate(interp: Interpreter, value: Value, site: Site) -> list[Value]:
    """The items a ``for`` over the value meets, MORE at the end if there may be others."""
    method = _method(value, "__iter__")
    if method is not None:
        value = interp.call(method, Arguments(()), site)
    return containers.iterate(interp, value)


def enter(interp: Interpreter, value: Value, site: Site) -> Value:
    """What ``with value as target`` binds: what the class's ``__enter__`` returns."""
    method = _method(value, "__enter__")
    return UNKNOWN if method is None else interp.call(method, Arguments(()), site)


def leave(interp: Interpreter, value: Value, site: Site) -> None:
    """Do what the end of ``with value`` does: call ``__exit__``, without an exception."""
    method = _method(value, "__exit__")
    if method is not None:
        interp.call(method, Arguments((NONE, NONE, NONE)), site)


def binary(
    interp: Interpreter, op: str, left: Value, right: Value, site: Site, form: Form
) -> Value:
    """The value of ``left op right``, by the method of a class of the program if there is one."""
    if not isinstance(left, Instance) and not isinstance(right, Instance):
        return operators.binary(interp, op, left, right, site, form)
    name = operations.METHOD_OF_OPERATOR.get(op, "")
    in_place = _method(left, f"__i{name}__") if form == "in-place operator" else None
    if in_place is not None:
        return interp.call(in_place, Arguments((right,)), site)
    for receiver, other, prefix in ((left, right, ""), (right, left, "r")):
        method = _method(receiver, f"__{prefix}{name}__")
        if method is not None:
            return interp.call(method, Arguments((other,)), site)
    if enums.is_flag(left) or enums.is_flag(right):
        return enums.combined(op, left, right)
    return operators.binary(interp, op, left, right, site, form)


def compare(interp: Interpreter, op: str, left: Value, right: Value, site: Site) -> Value:
    """The value of ``left op right``, by the method of a class of the program if there is one."""
    if op in ("in", "not in"):
        method = _method(right, "__contains__")
        if method is None:
            return operators.compare(op, left, right)
        found = truth(interp, interp.call(method, Arguments((left,)), site))
        return verdict(None if found is None else found is (op == "in"))
    method = _method(left, _COMPARISONS.get(op, ""))
    if method is not None:
        return interp.call(method, Arguments((right,)), site)
    if op == "!=" and _method(left, "__eq__") is not None:
        equal = truth(interp, compare(interp, "==", left, right, site))
        return verdict(None if equal is None else not equal)
    return operators.compare(op, left, right)


_COMPARISONS = {
    "==": "__eq__",
    "!=": "__ne__",
    "<": "__lt__",
    "<=": "__le__",
    ">": "__gt__",
    ">=": "__ge__",
}


def _method(value: Value, name: str) -> BoundMethod | None:
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        found = value.cls.lookup(name)
        if isinstance(found, Function):
            return BoundMethod(found, value)
    return None
