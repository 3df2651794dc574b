"""Copies of objects and all that is in them."""

from __future__ import annotations

from qlint.flow.modules import attach
from qlint.flow.values import Dict, HeapObject, Instance, List, Tuple, Value, join, options_of


def deep_copy(value: Value) -> Value:
    """A value with copies of all objects in it."""
    return _deep_copy(value, {})


def _deep_copy(value: Value, done: dict[int, Value]) -> Value:
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, Tuple):
        items = tuple(_deep_copy(each, done) for each in value.items)
        done[id(value)] = Tuple(items, value.open)
        return done[id(value)]
    if not isinstance(value, HeapObject):
        return (
            join(_deep_copy(each, done) for each in options_of(value))
            if (len(options_of(value)) > 1)
            else value
        )
    twin: HeapObject
    if isinstance(value, Instance):
        twin = Instance(cls=value.cls, named_at=value.named_at)
        if value.data is not None:
            copied_data = _deep_copy(value.data, done)
            assert isinstance(copied_data, (List, Dict))
            twin.data = copied_data
    elif isinstance(value, Dict):
        twin = Dict(keys=dict(value.keys), open=value.open, factory=value.factory)
    else:
        twin = List()
    done[id(value)] = twin
    for slot, each in value.slots.items():
        copied = twin.slots[slot] = _deep_copy(each, done)
        if isinstance(twin, Instance):
            attach(twin, copied)
    return twin
