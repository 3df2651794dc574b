"""Whether a value is true, when that can be known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow import enums
from qlint.flow.arguments import Arguments
from qlint.flow.containers import data_of, items_of
from qlint.flow.events import Site
from qlint.flow.modules import children, is_container, is_known_in_part
from qlint.flow.values import (
    BoundMethod,
    Class,
    Constant,
    Dict,
    Function,
    Instance,
    List,
    ModuleValue,
    Partial,
    Tuple,
    Union,
    Value,
    options_of,
)

if TYPE_CHECKING:
    from qlint.flow.interpreter import Interpreter

_ALWAYS_TRUE = (Class, Function, BoundMethod, ModuleValue, Partial)


def truth(interp: Interpreter, value: Value) -> bool | None:
    """True or False if all alternatives agree, None if it cannot be known."""
    if not isinstance(value, Union):
        return _truth(interp, value)
    answers = {_truth(interp, each) for each in options_of(value)}
    return answers.pop() if len(answers) == 1 else None


def _truth(interp: Interpreter, value: Value) -> bool | None:
    value = data_of(value)
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, (List, Tuple)):
        items = items_of(value)
        return None if items is None or items.open else bool(items.items)
    if isinstance(value, Dict):
        return None if value.open else bool(value.slots)
    if isinstance(value, Instance):
        return _of_instance(interp, value)
    return True if isinstance(value, _ALWAYS_TRUE) else interp.flags.truth(value)


def _of_instance(interp: Interpreter, instance: Instance) -> bool | None:
    """What ``__bool__`` says, or ``__len__``; without either an object is true."""
    cls = instance.cls
    if enums.is_member(instance):
        return enums.truth_of(instance)
    if is_container(instance) and (not isinstance(cls, Class) or cls.lookup("__bool__") is None):
        own = cls.lookup("__len__") if isinstance(cls, Class) else None
        if not isinstance(own, Function):
            return True if children(instance) else None if is_known_in_part(instance) else False
    if not isinstance(cls, Class):
        return True if cls.name.startswith("torch.nn.") else None
    for name in ("__bool__", "__len__"):
        method = cls.lookup(name)
        if isinstance(method, Function):
            answer = interp.call(method, Arguments((instance,)), Site.of(method))
            return bool(answer.value) if isinstance(answer, Constant) else None
        if method is not None:
            return None
    return True
