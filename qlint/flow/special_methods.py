"""Operators that classes of the program define: ``x[i]``, ``x[i] = v``, ``for each in x``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow import containers, operators
from qlint.flow.calls import Arguments
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    BoundMethod,
    Class,
    Function,
    Instance,
    Union,
    Value,
    join,
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
    if method is None:
        return containers.get_item(interp, value, index)
    return interp.call(method, Arguments((index,)), site)


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
    for receiver, other, prefix in ((left, right, ""), (right, left, "r")):
        method = _method(receiver, f"__{prefix}{name}__")
        if method is not None:
            return interp.call(method, Arguments((other,)), site)
    return operators.binary(interp, op, left, right, site, form)


def _method(value: Value, name: str) -> BoundMethod | None:
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        found = value.cls.lookup(name)
        if isinstance(found, Function):
            return BoundMethod(found, value)
    return None
