"""Which models are alike: their forward passes show the same, so that one of them is enough."""

from __future__ import annotations

from functools import lru_cache

from qlint.flow.containers import items_of
from qlint.flow.modules import descendants
from qlint.flow.values import (
    BoundMethod,
    Class,
    Constant,
    External,
    Instance,
    List,
    Tuple,
    Value,
    options_of,
)
from qlint.syntax import model

# Numbers that are choices as a rule, not sizes.
_SMALL = frozenset(range(-1, 4))
_LONGEST_FLAG = 8


def shape_of(instance: Instance) -> object:
    """What makes a difference to a forward pass: classes, and what their conditions look at.

    Models that differ in sizes and numbers of layers only have the same.
    """
    return frozenset(_flags(each) for _, each in descendants(instance))


def classes_of(instance: Instance) -> set[Class]:
    """The classes of the program in a model."""
    parts = (each for _, each in descendants(instance))
    return {
        each.cls for each in parts if isinstance(each, Instance) and isinstance(each.cls, Class)
    }


def _flags(instance: Value) -> object:
    assert isinstance(instance, Instance)
    cls = instance.cls
    tested = _tested_names(cls) if isinstance(cls, Class) else frozenset()
    flags = []
    for slot, value in instance.slots.items():
        plain = _plain(value)
        if plain is not None and (slot in tested or _is_small(plain)):
            flags.append((slot, type(plain), plain))
    methods = [
        (slot, id(each.function.node))
        for slot, value in instance.slots.items()
        for each in options_of(value)
        if isinstance(each, BoundMethod)
    ]
    return (cls.name if isinstance(cls, External) else cls, *flags, *methods)


def _plain(value: Value) -> object:
    """A constant, or a short sequence of constants, as something that can be compared."""
    if isinstance(value, Constant):
        plain = value.value
        return (plain,) if plain is None else str(plain) if isinstance(plain, slice) else plain
    items = items_of(value) if isinstance(value, (List, Tuple)) else None
    if items is None or items.open or len(items.items) > _LONGEST_FLAG:
        return None
    if not all(isinstance(each, Constant) for each in items.items):
        return None
    return tuple(_plain(each) for each in items.items)


def _is_small(value: object) -> bool:
    return isinstance(value, (bool, str)) or value in _SMALL or value == (None,)


def _tested_names(cls: Class) -> frozenset[str]:
    """The attributes that conditions in the methods of a class and its bases look at."""
    return frozenset().union(
        *(_tested_in(each.node) for each in cls.mro if isinstance(each, Class))
    )


@lru_cache(maxsize=1024)
def _tested_in(definition: model.ClassDef) -> frozenset[str]:
    return frozenset(
        node.name
        for test in model.walk(definition.body)
        if isinstance(test, (model.If, model.Conditional, model.While, model.Compare))
        for node in model.walk(test if isinstance(test, model.Compare) else test.test)
        if isinstance(node, model.Attribute)
    )
