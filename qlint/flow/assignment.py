"""Assigning a value to a target."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import attributes, special_methods, tensor_items
from qlint.flow.containers import MORE, new_list
from qlint.flow.copies import deep_copy
from qlint.flow.values import UNKNOWN, Instance, Tensor, Tuple, Value, join, options_of
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame


def bind(interp: Interpreter, target: model.Expression, value: Value, frame: Frame) -> None:
    """Assign ``value`` to a name, attribute, item or pattern of these."""
    if isinstance(target, model.Name):
        _bind_name(target.id, value, frame)
    elif isinstance(target, model.Attribute):
        owner = interp.evaluate(target.value, frame)
        for number, each in enumerate(options_of(owner)):
            # It is one of them at a time that gets the value, as a rule another one each time.
            given = deep_copy(value) if number and isinstance(value, Instance) else value
            attributes.set_(interp, each, target.name, given, interp.site(target, frame))
    elif isinstance(target, model.Subscript):
        container = interp.evaluate(target.value, frame)
        index = interp.evaluate(target.index, frame)
        tensor_items.check_write(interp, container, index, value, interp.site(target, frame))
        for each in options_of(container):
            special_methods.set_item(interp, each, index, value, interp.site(target, frame))
    elif isinstance(target, model.Starred):
        bind(interp, target.value, value, frame)
    elif isinstance(target, model.Sequence):
        _unpack(interp, target, value, frame)


def _bind_name(name: str, value: Value, frame: Frame) -> None:
    if name in frame.declared_global:
        frame.namespace.names[name] = value
        return
    scope = frame
    if name in frame.declared_nonlocal:
        outer = frame.parent
        while outer is not None:
            if name in outer.names and not outer.is_class_body:
                scope = outer
                break
            outer = outer.parent
    scope.names[name] = value


def _unpack(interp: Interpreter, target: model.Sequence, value: Value, frame: Frame) -> None:
    targets = target.elements
    if isinstance(value, Tensor) and value.handed_on:
        value = Tuple((replace(value, handed_on=False), *(UNKNOWN for _ in targets[1:])))
    rounds = special_methods.iterate(interp, value, interp.site(target, frame))
    certain = not rounds or rounds[-1] is not MORE
    items = [each for each in rounds if each is not MORE]
    starred = [i for i, each in enumerate(targets) if isinstance(each, model.Starred)]
    if starred and certain and len(items) >= len(targets) - 1:
        head = starred[0]
        tail = len(targets) - head - 1
        middle = items[head : len(items) - tail]
        items = [*items[:head], new_list(middle), *items[len(items) - tail :]]
    elif not certain or len(items) != len(targets):
        anything = join(items) if items else UNKNOWN
        known = items if len(items) > 2 else []
        items = [*known, *(anything for _ in targets)][: len(targets)]
    for part, item in zip(targets, items, strict=False):
        bind(interp, part, item, frame)
