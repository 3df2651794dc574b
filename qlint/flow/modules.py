"""What is an ``nn.Module``, and what is in it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from qlint.flow.values import (
    NONE,
    SUBMODULE,
    Class,
    Constant,
    External,
    Instance,
    List,
    SomeSlice,
    Tuple,
    Union,
    Unknown,
    Value,
    one_of,
    options_of,
)
from qlint.semantics import modules as known
from qlint.semantics.names import NN, canonical, may_be_module_class

if TYPE_CHECKING:
    from qlint.flow.interpreter import Interpreter


def is_module(instance: Instance) -> bool:
    """Whether the instance is, or may well be, an ``nn.Module``."""
    cls = instance.cls
    return is_module_class(cls) if isinstance(cls, Class) else may_be_module_class(cls.name)


def is_module_class(cls: Class) -> bool:
    """Whether a class of the program is an ``nn.Module``.

    A class with an outside base that cannot be resolved counts if it has a ``forward``.
    """
    outside = cls.external_bases
    if any(name.startswith((NN, "torch.ao.")) for name in outside):
        return True
    may_be = cls.has_unknown_base or any(may_be_module_class(name) for name in outside)
    return may_be and cls.lookup("forward") is not None


def external_base(instance: Instance, after: Class | None = None) -> str:
    """The outside class whose methods an instance falls back on."""
    if isinstance(instance.cls, External):
        return canonical(instance.cls.name)
    outside = instance.cls.external_bases
    return next((name for name in outside if name.startswith(NN)), outside[0] if outside else "")


def is_container(instance: Instance) -> bool:
    """Whether the instance is a Sequential, ModuleList or ModuleDict."""
    return external_base(instance) in known.CONTAINERS


_MAY_BE_MODULES = frozenset({Instance, Unknown, Union})
# The slot of a container that has more submodules than were looked at; no attribute is named so.
MORE = "<more>"
# The slot of a layer that says what its weights are computed by.
REPARAMETRIZED = "<reparametrized>"
# The slot of a container that is a part of another, it is not known which.
PART = "<part>"


def children(instance: Instance) -> list[tuple[str, Value]]:
    """Names and values of the submodules, in the order they were registered."""
    container = is_container(instance)
    return [
        (name, value)
        for name, value in instance.slots.items()
        if type(value) in _MAY_BE_MODULES
        and any(_is_child(each, container) for each in options_of(value))
    ]


def _is_child(value: Value, container: bool) -> bool:
    if isinstance(value, Instance):
        return is_module(value)
    return container and isinstance(value, Unknown) and value.submodule


def is_known_in_part(value: Value) -> bool:
    """Whether a container has, or may have, other submodules than those that were looked at."""
    return isinstance(value, Instance) and (MORE in value.slots or PART in value.slots)


def attach(owner: Instance, value: Value) -> None:
    """Note that the value is now part of another module."""
    for each in options_of(value):
        if isinstance(each, Instance) and each is not owner and is_module(owner):
            each.owners.append(owner)


def around(instance: Instance) -> list[Instance]:
    """A module, and all modules that it is part of."""
    found = {id(instance): instance}
    waiting = [instance]
    while waiting:
        for owner in waiting.pop().owners:
            if id(owner) not in found:
                found[id(owner)] = owner
                waiting.append(owner)
    return list(found.values())


def name_of(instance: Instance) -> str:
    """How a module calls a part of it."""
    for owner in instance.owners:
        for slot, value in owner.slots.items():
            if value is instance:
                return f"self.{slot}"
    return instance.cls.name.rpartition(".")[2]


def set_child(interp: Interpreter, owner: Instance, name: str | None, value: Value) -> None:
    """Register a submodule; without a name it gets the next number."""
    if name is None:
        name = str(len(children(owner)))
    attach(owner, value)
    if isinstance(value, Unknown):
        value = SUBMODULE
    interp.heap.write(owner, name, value)


def remove_child(interp: Interpreter, owner: Instance, index: Value) -> None:
    """Do ``del module[index]``: those behind it in a list or Sequential move up."""
    named = children(owner)
    at = index.value if isinstance(index, Constant) else None
    if isinstance(at, str):
        interp.heap.delete(owner, at)
    elif isinstance(at, (int, slice)):
        left = list(named)
        with contextlib.suppress(IndexError):
            del left[at]
        replace_children(interp, owner, [value for _, value in left])


def replace_children(interp: Interpreter, owner: Instance, values: list[Value]) -> None:
    """Give a list or Sequential other submodules, numbered from 0."""
    for name, _ in children(owner):
        interp.heap.delete(owner, name)
    for number, value in enumerate(values):
        set_child(interp, owner, str(number), value)


def child_at(interp: Interpreter, instance: Instance, index: Value) -> Value:
    """The value of ``module[index]``."""
    named = children(instance)
    values = [value for _, value in named]
    if isinstance(index, SomeSlice):
        part = _part(interp, instance, [(name, one_of([value])) for name, value in named])
        part.slots[PART] = NONE
        return part
    if isinstance(index, Constant):
        if isinstance(index.value, str) and index.value in instance.slots:
            return instance.slots[index.value]
        if isinstance(index.value, slice):
            part = _part(interp, instance, named[index.value])
            if MORE in instance.slots:
                part.slots[MORE] = instance.slots[MORE]
                if not children(part):  # those that were not looked at
                    part.slots["0"] = SUBMODULE
            return part
        if isinstance(index.value, int) and -len(values) <= index.value < len(values):
            return values[index.value]
    return one_of(values) if values else SUBMODULE


def _part(interp: Interpreter, whole: Instance, named: list[tuple[str, Value]]) -> Instance:
    """A container with some of the submodules of another."""
    part = Instance(dict(named), cls=External(external_base(whole)))
    if interp.forward_depth:
        part.owners.append(whole)
    else:  # it may become part of a module itself, and what convert swaps in the whole is not here
        for _, value in named:
            attach(part, value)
    return part


def descendants(instance: Instance) -> list[tuple[str, Value]]:
    """Dotted names and instances of all modules in a module, itself with the empty name first."""
    found: dict[int, tuple[str, Value]] = {id(instance): ("", instance)}
    queue = [("", instance)]
    while queue:
        prefix, owner = queue.pop(0)
        for name, value in children(owner):
            for each in options_of(value):
                if isinstance(each, Instance) and id(each) not in found:
                    path = f"{prefix}.{name}" if prefix else name
                    found[id(each)] = (path, each)
                    queue.append((path, each))
    return list(found.values())


def classes_in(instance: Instance) -> frozenset[str]:
    """Canonical names of the torch classes of a module and everything in it."""
    names = set()
    for _, value in descendants(instance):
        if isinstance(value, Instance):
            cls = value.cls
            if isinstance(cls, External):
                names.add(canonical(cls.name))
            else:
                names.update(cls.external_bases)
    return frozenset(names)


def modules_in(value: Value) -> list[Instance]:
    """All module instances in a value, looking into lists."""
    found = []
    for each in options_of(value):
        if isinstance(each, Instance) and is_module(each):
            found.append(each)
        elif isinstance(each, (List, Tuple)):
            items = each.slots["items"] if isinstance(each, List) else each
            if isinstance(items, Tuple):
                found += [inner for item in items.items for inner in modules_in(item)]
    return found
