"""What classes of the program inherit from Python's dicts, lists and namespaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow import container_methods
from qlint.flow.containers import new_dict, new_list
from qlint.flow.modules import is_module
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    Class,
    Constant,
    External,
    Instance,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_DICTS = frozenset(
    {"builtins.dict", "collections.OrderedDict", "collections.UserDict", "collections.defaultdict"}
)
_LISTS = frozenset({"builtins.list", "collections.UserList"})
_NAMESPACES = frozenset({"types.SimpleNamespace", "argparse.Namespace"})
# Bases that have no attributes but those with underscores and the methods known here.
_PLAIN = _DICTS | _LISTS | _NAMESPACES | {"builtins.object", "abc.ABC", "typing.NamedTuple"}
_METHOD_OWNERS = _DICTS | _LISTS | {"builtins.object"}
_FINDERS = ("__getattr__", "__getattribute__")
_STORES = frozenset({"__setattr__", *_FINDERS})
# The slot of an object that may have attributes of other names; no attribute is named so.
_OTHERS = "<others>"


def may_have_others(interp: Interpreter, instance: Instance) -> None:
    """Note that an attribute was set whose name is not known."""
    interp.heap.write(instance, _OTHERS, NONE)


def give_away(interp: Interpreter, arguments: Arguments) -> None:
    """Note that unknown code gets namespaces and may fill them: ``parse_args(namespace=)``."""
    for each in arguments.values():
        if isinstance(each, Instance) and _is_namespace(each):
            may_have_others(interp, each)


def give_data(instance: Instance, bases: Iterable[str]) -> None:
    """Give an instance the items that it has as a dict or list."""
    bases = set(bases)
    if bases & _DICTS:
        instance.data = new_dict(())
    elif bases & _LISTS:
        instance.data = new_list(())


def make_namespace(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``types.SimpleNamespace(...)`` and ``argparse.Namespace(...)``."""
    made = Instance(cls=External("types.SimpleNamespace"))
    initialize(interp, made, arguments, site)
    return made


def initialize(interp: Interpreter, instance: Instance, arguments: Arguments, site: Site) -> bool:
    """Do what the outside base's ``__init__`` does; False if it has none that is known here."""
    if instance.data is not None:
        container_methods.call_method(interp, instance.data, "update", arguments, site)
        return True
    if not _is_namespace(instance):
        return False
    for name, value in arguments.kwargs.items():
        interp.heap.write(instance, name, value)
    return True


def is_base(base: str) -> bool:
    """Whether ``base.method(instance, ...)`` is a method of an outside base known here."""
    return base in _METHOD_OWNERS


def call_method(
    interp: Interpreter, instance: Instance, name: str, arguments: Arguments, site: Site
) -> Value | None:
    """Call a method that an instance has from an outside base; None if it is not known here."""
    if is_module(instance):
        return None
    if name == "__init__":
        return NONE if initialize(interp, instance, arguments, site) else None
    key = arguments.args[0] if arguments.args else UNKNOWN
    if name in _STORES and isinstance(key, Constant):
        if name == "__setattr__" and len(arguments.args) == 2:
            interp.heap.write(instance, str(key.value), arguments.args[1])
            return NONE
        return instance.slots.get(str(key.value), UNKNOWN)
    if instance.data is not None:
        return container_methods.call_method(interp, instance.data, name, arguments, site)
    return None


def has_only_known(value: Instance | Class) -> bool:
    """Whether nothing but what is known here and in the program can be an attribute of it."""
    cls = value.cls if isinstance(value, Instance) else value
    if isinstance(value, Instance) and _OTHERS in value.slots:
        return False
    if isinstance(cls, External):
        return cls.name in _NAMESPACES
    if isinstance(value, Instance) and value.data is None and _finds_others(cls):
        return False
    if any(
        base.keyword == "metaclass" or base.stars == 2
        for each in cls.mro
        if isinstance(each, Class)
        for base in each.node.bases
    ):
        return False
    return not cls.has_unknown_base and all(
        each in _PLAIN or each.startswith("torch.nn.Module") for each in cls.external_bases
    )


def _finds_others(cls: Class) -> bool:
    return any(cls.lookup(name) is not None for name in _FINDERS)


def _is_namespace(instance: Instance) -> bool:
    cls = instance.cls
    if isinstance(cls, External):
        return cls.name in _NAMESPACES
    return not _NAMESPACES.isdisjoint(cls.external_bases)
