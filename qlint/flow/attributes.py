"""Reading and writing attributes of all kinds of values."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qlint.flow import layer_attributes
from qlint.flow.arguments import Arguments
from qlint.flow.containers import get_item, new_dict, set_item
from qlint.flow.heap import unsure_slots
from qlint.flow.module_methods import has_method
from qlint.flow.modules import attach, children, external_base, is_module
from qlint.flow.reach import note_reading
from qlint.flow.records import named_tuple_method
from qlint.flow.usage import note_listing
from qlint.flow.values import (
    FLOAT,
    NOT_TENSOR,
    SUBMODULE,
    UNKNOWN,
    BoundMethod,
    Class,
    Constant,
    Dict,
    Dtype,
    External,
    ExternalMethod,
    Flag,
    Function,
    Instance,
    List,
    ModuleValue,
    NotTensor,
    Partial,
    State,
    Super,
    Tensor,
    Tuple,
    Union,
    Unknown,
    Value,
    join,
    options_of,
    outside,
)
from qlint.semantics import int8_tensors, kernels, operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter
    from qlint.program.project import Module

_NAMES = ("__name__", "__qualname__")
_CONTAINER_METHODS = frozenset(dir(dict)) | frozenset(dir(list))
_PARAMETERS = frozenset(
    "weight bias running_mean running_var in_proj_weight in_proj_bias alpha".split()
)


def get(interp: Interpreter, value: Value, name: str, site: Site) -> Value:
    """The value of ``value.name``."""
    reader = _READERS.get(type(value))
    return UNKNOWN if reader is None else reader(interp, value, name, site)


def global_names(interp: Interpreter, module: Module) -> Dict:
    """What ``globals()`` is in a module."""
    namespace = interp.namespace(module)
    keys: dict[str, Value] = {name: Constant(name) for name in namespace.names}
    return Dict(namespace.names, keys, owner=namespace)


def _of_external(interp: Interpreter, value: External, name: str, site: Site) -> Value:
    if value.name == "sys" and name == "modules":
        return new_dict([(Constant("__main__"), ModuleValue(site.module)), (UNKNOWN, UNKNOWN)])
    return _outside(value.name, name)


@lru_cache(maxsize=4096)
def _outside(owner: str, name: str) -> Value:
    if owner == "torch" and name == "__version__":
        return Constant(kernels.torch_version())
    if owner == int8_tensors.DTYPE and name in int8_tensors.DTYPE_ATTRIBUTES:
        return Constant(int8_tensors.DTYPE_ATTRIBUTES[name])
    if name in _NAMES:
        return Constant(owner.rpartition(".")[2])
    return outside(f"{owner}.{name}")


def _of_module(interp: Interpreter, value: ModuleValue, name: str, site: Site) -> Value:
    if name == "__dict__":
        return global_names(interp, value.module)
    found = interp.module_attribute(value.module, name)
    return UNKNOWN if found is None else found


def _of_class(interp: Interpreter, value: Class, name: str, site: Site) -> Value:
    found = value.lookup(name)
    if found is None and name in _NAMES:
        return Constant(value.name)
    return _from_class(interp, value, value, found, name, site)


def _of_function(interp: Interpreter, value: Function, name: str, site: Site) -> Value:
    if name in _NAMES:
        return Constant(value.qualname.rpartition(".")[2])
    return ExternalMethod(value, name) if name == "__get__" else UNKNOWN


def _of_container(interp: Interpreter, value: List | Dict | Tuple, name: str, site: Site) -> Value:
    if isinstance(value, Tuple) and name in value.names:
        return get_item(interp, value, Constant(value.names.index(name)))
    return ExternalMethod(value, name)


def _of_constant(interp: Interpreter, value: Constant, name: str, site: Site) -> Value:
    if isinstance(value.value, int8_tensors.Device):
        return Constant(getattr(value.value, name, None))
    return ExternalMethod(value, name) if value.value is not None else UNKNOWN


def _of_not_tensor(interp: Interpreter, value: NotTensor, name: str, site: Site) -> Value:
    return NOT_TENSOR


def _of_unknown(interp: Interpreter, value: Unknown, name: str, site: Site) -> Value:
    if name in operations.PLAIN_ATTRIBUTES and name not in ("name", "names", "device", "dtype"):
        return NOT_TENSOR
    if name in operations.SIZE_ATTRIBUTES:
        return Tuple((NOT_TENSOR,), open=True)
    if value.submodule:
        flag = None if value.flag is None else Flag((value.flag.key, name))
        return Unknown(submodule=True, flag=flag)
    # Of an unknown value only what can be a tensor's method matters: it may get int8 arguments.
    if operations.is_known(name):
        return ExternalMethod(value, name)
    return UNKNOWN if value.flag is None else Unknown(flag=Flag((value.flag.key, name)))


def _of_tensor(interp: Interpreter, value: Tensor, name: str, site: Site) -> Value:
    if name in operations.SIZE_ATTRIBUTES:
        return Tuple((NOT_TENSOR,), open=True)
    if name == "device" and value.state is not State.MAYBE:
        return Constant(int8_tensors.DEVICE)  # float tensors beside int8 ones are there, too
    if value.state is State.QUANTIZED:
        if name in int8_tensors.ATTRIBUTES:
            return Constant(int8_tensors.ATTRIBUTES[name])
        if name == "dtype":
            return External(int8_tensors.DTYPE, value)
    if name == "is_quantized" and value.state is State.FLOAT:
        return Constant(False)
    if name == "dtype" and value.state is State.FLOAT and value.dtype is Dtype.FLOAT:
        return External("torch.float32")
    if name in operations.PLAIN_ATTRIBUTES:
        return NOT_TENSOR
    if name in operations.VIEW_ATTRIBUTES:
        return value
    return ExternalMethod(value, name)


def _of_instance(interp: Interpreter, value: Instance, name: str, site: Site) -> Value:
    if name in value.slots:
        return _of_slot(interp, value, name)
    if name == "training" and is_module(value):
        # An int8 model is in eval mode; what runs in training only never meets int8 data.
        return Constant(False) if interp.forward_depth else NOT_TENSOR
    cls = value.cls
    if name == "__class__":
        return cls
    if isinstance(cls, Class):
        in_class = cls.lookup(name)
        if in_class is not None:
            return _from_class(interp, value, cls, in_class, name, site)
        if value.slots.get("__dict__") is value:  # its items are its attributes
            return get_item(interp, value, Constant(name))
        delegated = _delegated(interp, value, cls, name, site)
        if delegated is not None:
            return delegated
    if name == "_modules":
        note_listing(interp, value, site, deep=False)
        return _slots_of(value, [slot for slot, _ in children(value)])
    if name == "__dict__":
        return _slots_of(value, [slot for slot in value.slots if slot.isidentifier()])
    return _external_attribute(interp, value, name)


def _of_slot(interp: Interpreter, value: Instance, name: str) -> Value:
    found = value.slots[name]
    if name in unsure_slots(value):
        inherited = value.cls.lookup(name) if isinstance(value.cls, Class) else None
        found = found if inherited is None else join([found, inherited])
    if type(found) in (Unknown, Union) and is_module(value):
        found = join(_as_part(each) for each in options_of(found))
    if interp.forward_depth:
        note_reading(interp, value, name, found)
    return found


def _as_part(value: Value) -> Value:
    """What is not known may be a submodule where a module keeps it."""
    return Unknown(submodule=True, flag=value.flag) if isinstance(value, Unknown) else value


def _delegated(
    interp: Interpreter, value: Instance, cls: Class, name: str, site: Site
) -> Value | None:
    """What a class's own ``__getattr__`` finds where nothing else does."""
    method = cls.lookup("__getattr__")
    if method is None or name.startswith("_") or has_method(value, name):
        return None
    if value.data is not None and name in _CONTAINER_METHODS:
        return None
    found = interp.call(method, Arguments((value, Constant(name))), site)
    # What `super().__getattr__` would find is in a slot, and was looked for there.
    known = [each for each in options_of(found) if not isinstance(each, Unknown)]
    return join(known) if known else None


def _slots_of(value: Instance, names: list[str]) -> Dict:
    keys: dict[str, Value] = {name: Constant(name) for name in names}
    return Dict(value.slots, keys, owner=value if is_module(value) else None)


def _external_attribute(interp: Interpreter, value: Instance, name: str) -> Value:
    of_tuple = named_tuple_method(value, name) is not None
    if has_method(value, name) or value.data is not None or of_tuple:
        return ExternalMethod(value, name)
    if not is_module(value):
        return UNKNOWN
    kept = layer_attributes.get(interp, value, external_base(value), name)
    if kept is not None:
        return kept
    return FLOAT if name in _PARAMETERS else SUBMODULE


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
    if isinstance(found, Partial) and found.is_method and isinstance(receiver, Instance):
        return Partial(found.function, (receiver, *found.args), found.kwargs)
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
        return interp.call(bound, Arguments(()), site)
    return bound


_READERS: dict[type[Value], Callable[[Interpreter, Any, str, Site], Value]] = {
    Tensor: _of_tensor,
    Instance: _of_instance,
    External: _of_external,
    ModuleValue: _of_module,
    Class: _of_class,
    Function: _of_function,
    Tuple: _of_container,
    List: _of_container,
    Dict: _of_container,
    Super: _of_super,
    Constant: _of_constant,
    NotTensor: _of_not_tensor,
    Unknown: _of_unknown,
}


def set_(interp: Interpreter, target: Value, name: str, value: Value, site: Site) -> None:
    """Do ``target.name = value``."""
    if isinstance(target, Instance):
        cls = target.cls if isinstance(target.cls, Class) else None
        known = None if cls is None else cls.lookup(name)
        if isinstance(known, Function) and known.setter is not None:
            interp.call(BoundMethod(known.setter, target), Arguments((value,)), site)
            return
        own = None if cls is None or target.data is None else cls.lookup("__setattr__")
        if own is not None:
            interp.call(own, Arguments((target, Constant(name), value)), site)
            return
        if target.slots.get("__dict__") is target:
            set_item(interp, target, Constant(name), value)
            return
        attach(target, value)
        interp.heap.write(target, name, value)
    elif isinstance(target, Class):
        target.namespace[name] = value
