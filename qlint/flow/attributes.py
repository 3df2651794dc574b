"""Reading and writing attributes of all kinds of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.values import (
    FLOAT,
    NOT_TENSOR,
    SUBMODULE,
    UNKNOWN,
    BoundMethod,
    Class,
    Constant,
    Dict,
    External,
    ExternalMethod,
    Function,
    HeapObject,
    Instance,
    List,
    ModuleValue,
    NotTensor,
    State,
    Super,
    Tensor,
    Tuple,
    Unknown,
    Value,
)
from qlint.semantics import operations

if TYPE_CHECKING:
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_PARAMETERS = frozenset(
    "weight bias running_mean running_var in_proj_weight in_proj_bias alpha".split()
)


def get(interp: Interpreter, value: Value, name: str, site: Site) -> Value:
    """The value of ``value.name``."""
    if isinstance(value, Tensor):
        return _of_tensor(value, name)
    if isinstance(value, Instance):
        return _of_instance(interp, value, name, site)
    if isinstance(value, External):
        return External(f"{value.name}.{name}")
    if isinstance(value, ModuleValue):
        found = interp.module_attribute(value.module, name)
        return UNKNOWN if found is None else found
    if isinstance(value, Class):
        found = value.lookup(name)
        return _from_class(interp, value, value, found, name, site)
    if isinstance(value, Super):
        return _of_super(interp, value, name, site)
    if isinstance(value, (List, Dict, Tuple)):
        return ExternalMethod(value, name)
    if isinstance(value, Constant):
        return ExternalMethod(value, name) if value.value is not None else UNKNOWN
    if isinstance(value, NotTensor):
        return NOT_TENSOR
    if isinstance(value, Unknown):
        return _of_unknown(value, name)
    return UNKNOWN


def _of_unknown(value: Unknown, name: str) -> Value:
    if name in operations.PLAIN_ATTRIBUTES and name not in ("name", "names", "device", "dtype"):
        return NOT_TENSOR
    if name in operations.SIZE_ATTRIBUTES:
        return Tuple((NOT_TENSOR,), open=True)
    if value.submodule:
        return SUBMODULE
    # Of an unknown value only what can be a tensor's method matters: it may get int8 arguments.
    tensor_method = operations.is_known(name)
    return ExternalMethod(value, name) if tensor_method else UNKNOWN


def _of_tensor(value: Tensor, name: str) -> Value:
    if name in operations.SIZE_ATTRIBUTES:
        return Tuple((NOT_TENSOR,), open=True)
    if name == "is_quantized" and value.state is not State.MAYBE:
        return Constant(value.state is State.QUANTIZED)
    if name in operations.PLAIN_ATTRIBUTES:
        return NOT_TENSOR
    if name in operations.VIEW_ATTRIBUTES:
        return value
    return ExternalMethod(value, name)


def _of_instance(interp: Interpreter, value: Instance, name: str, site: Site) -> Value:
    from qlint.flow.modules import is_module

    if name in value.slots:
        found = value.slots[name]
        return SUBMODULE if isinstance(found, Unknown) and is_module(value) else found
    if name == "training" and is_module(value):
        # An int8 model is in eval mode; what runs in training only never meets int8 data.
        return Constant(False)
    cls = value.cls
    if isinstance(cls, Class):
        in_class = cls.lookup(name)
        if in_class is not None:
            return _from_class(interp, value, cls, in_class, name, site)
        if name == "__class__":
            return cls
    return _external_attribute(value, name, module=is_module(value))


def _external_attribute(value: Instance, name: str, *, module: bool) -> Value:
    from qlint.flow.module_methods import has_method

    if has_method(value, name):
        return ExternalMethod(value, name)
    if module:
        return FLOAT if name in _PARAMETERS else SUBMODULE
    return UNKNOWN


def _of_super(interp: Interpreter, value: Super, name: str, site: Site) -> Value:
    instance = value.instance
    cls = instance.cls if isinstance(instance, Instance) else instance
    if isinstance(cls, Class):
        found = cls.lookup(name, after=value.after)
        if found is not None:
            return _from_class(interp, instance, cls, found, name, site)
    return ExternalMethod(value, name)


def _from_class(
    interp: Interpreter,
    receiver: Value,
    cls: Class,
    found: Value | None,
    name: str,
    site: Site,
) -> Value:
    if found is None:
        return ExternalMethod(receiver, name)
    if not isinstance(found, Function):
        return found
    if found.kind == "static":
        return found
    if found.kind == "class":
        owner = receiver.cls if isinstance(receiver, Instance) else receiver
        return BoundMethod(found, owner)
    if isinstance(receiver, Class):
        return found
    bound = BoundMethod(found, receiver)
    if found.kind == "property":
        from qlint.flow.calls import Arguments

        return interp.call(bound, Arguments(()), site)
    return bound


def set_(interp: Interpreter, target: Value, name: str, value: Value) -> None:
    """Do ``target.name = value``."""
    from qlint.flow.modules import attach

    if isinstance(target, Instance):
        attach(target, value)
        interp.heap.write(target, name, value)
    elif isinstance(target, Class):
        target.namespace[name] = value
    elif isinstance(target, HeapObject):
        return
