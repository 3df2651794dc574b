"""Python containers: making them, reading them, going through them."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import alternatives, enums
from qlint.flow.arguments import Arguments
from qlint.flow.events import Site
from qlint.flow.modules import MORE as MORE_LAYERS
from qlint.flow.modules import (
    PART,
    child_at,
    children,
    external_base,
    is_module,
    remove_child,
    set_child,
)
from qlint.flow.reach import note_taken
from qlint.flow.scopes import Namespace
from qlint.flow.values import (
    INPUT,
    NOT_TENSOR,
    SEVERAL,
    SUBMODULE,
    UNKNOWN,
    BoundMethod,
    Class,
    Constant,
    Dict,
    External,
    Flag,
    Function,
    Instance,
    List,
    NotTensor,
    SomeSlice,
    Tensor,
    Tuple,
    Union,
    Unknown,
    Value,
    join,
    one_of,
    options_of,
)
from qlint.semantics.modules import MODULE_DICT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qlint.flow.interpreter import Interpreter

_LARGEST_SPELLED = 1 << 64
# The slot of a list that knows how long it may get.
MAX_LENGTH = "maxlen"
# What a loop in the code that is read makes longer and longer is cut.
_LONGEST_LIST = 20_000
_LONGEST_TEXT = 64  # whose letters are gone through

# Stands behind the last item of something that may hold more or fewer items than those known.
MORE = Constant("more items of this kind")


def new_list(items: Iterable[Value], *, more: bool = False) -> List:
    """A fresh list."""
    fresh = List()
    fresh.slots["items"] = bounded(tuple(items), more)
    return fresh


def within(index: object, length: int) -> int:
    """Where ``insert`` puts something into a list of that length; in front if it is not known."""
    return max(-length, min(index, length)) if isinstance(index, int) else 0


def bounded(items: tuple[Value, ...], more: bool) -> Tuple:
    """Items as a tuple, an open one if they are more than are worth to be kept."""
    if len(items) > _LONGEST_LIST:
        return Tuple(items[:_LONGEST_LIST], open=True)
    return Tuple(items, more)


def new_dict(items: Iterable[tuple[Value, Value]]) -> Dict:
    """A fresh dict; a key that is not known makes it open."""
    fresh = Dict()
    for key, value in items:
        slot = slot_of(key)
        if slot is not None:
            fresh.keys[slot] = key
            fresh.slots[slot] = value
        else:
            fresh.open = True
            fresh.slots["?"] = join([fresh.slots.get("?", value), value])
    return fresh


def known_pairs(value: Dict) -> list[tuple[Value, Value]]:
    """The keys of a dict that are known, with their values."""
    return [(key, value.slots[slot]) for slot, key in value.keys.items() if slot in value.slots]


def slot_of(key: Value) -> str | None:
    """The slot of a dict under which a key's value is kept, None if the key is not known.

    What is told apart by its identity, such as a class or the member of an enumeration, can be a
    key as well as a constant, and so can a tuple of these.
    """
    key = enums.plain(key)
    if isinstance(key, Constant):
        return _slot_of_constant(key.value)
    if isinstance(key, External):
        return f"<{key.name}>"
    if isinstance(key, (Class, Function)) or enums.is_member(key):
        return f"<{id(key)}>"
    if isinstance(key, Tuple) and not key.open:
        slots = [slot_of(each) for each in key.items]
        return None if None in slots else f"<{slots}>"
    return None


def _slot_of_constant(value: object) -> str:
    if isinstance(value, str):
        return value
    long = isinstance(value, int) and abs(value) > _LARGEST_SPELLED
    return f"{type(value).__name__}:{hash(value) if long else repr(value)}"


def look_up(interp: Interpreter, value: Dict, key: Value) -> Value | None:
    """The value that a dict has for a known key, None if it has none."""
    if isinstance(value.owner, Namespace):
        return (
            interp.global_name(str(key.value), value.owner) if isinstance(key, Constant) else None
        )
    slot = slot_of(key)
    return interp.force(value.slots, slot) if slot is not None and slot in value.slots else None


def remove(interp: Interpreter, target: Dict, slot: str) -> None:
    """Take what is kept in a slot out of a dict."""
    owner = target.owner if isinstance(target.owner, Instance) else target
    interp.heap.delete(owner, slot)


def data_of(value: Value) -> Value:
    """What an instance of a class derived from list or dict holds; other values as they are."""
    return value.data if isinstance(value, Instance) and value.data is not None else value


def items_of(value: Value) -> Tuple | None:
    """The items of a list, tuple or NamedTuple; None for anything else."""
    value = data_of(value)
    if isinstance(value, List):
        items = value.slots["items"]
        return items if isinstance(items, Tuple) else _union_items(items)
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        if "typing.NamedTuple" in value.cls.external_bases:
            return Tuple(tuple(value.slots.values()))
        return None
    return value if isinstance(value, Tuple) else None


def _union_items(items: Value) -> Tuple | None:
    joined = join(options_of(items))
    return joined if isinstance(joined, Tuple) else None


def set_items(
    interp: Interpreter,
    target: List,
    items: Sequence[Value],
    *,
    more: bool,
    to_left: bool = False,
) -> None:
    """Replace the items of a list; a ``deque`` has room for the last ones added only."""
    longest = target.slots.get(MAX_LENGTH)
    if isinstance(longest, Constant) and isinstance(longest.value, int) and longest.value > 0:
        items = items[: longest.value] if to_left else items[-longest.value :]
    interp.heap.write(target, "items", bounded(tuple(items), more))


def extend(interp: Interpreter, target: List, added: Value) -> None:
    """``target += added``: the list itself grows."""
    old = items_of(target) or Tuple(())
    rounds = iterate(interp, added)
    items = [each for each in rounds if each is not MORE]
    set_items(interp, target, [*old.items, *items], more=old.open or len(items) < len(rounds))


def iterate(interp: Interpreter, value: Value) -> list[Value]:
    """The items a ``for`` over the value meets, MORE at the end if there may be others."""
    rounds = _rounds(interp, _iterator(interp, value))
    note_taken(interp, value, (each for each in rounds if each is not MORE))
    return rounds


def _iterator(interp: Interpreter, value: Value) -> Value:
    """What the ``__iter__`` of a class of the program returns; other values as they are."""
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        method = value.cls.lookup("__iter__")
        if isinstance(method, Function):
            made = interp.call(BoundMethod(method, value), Arguments(()), Site.of(method))
            return made if made is not value else UNKNOWN
    return value


def _rounds(interp: Interpreter, value: Value) -> list[Value]:
    value = data_of(value)

    if isinstance(value, Union):
        return _iterate_union(interp, value)
    items = items_of(value)
    if items is not None:
        return _open_rounds(items.items) if items.open else list(items.items)
    if isinstance(value, Dict):
        known = [key for key, _ in known_pairs(value)]
        return [*known, NOT_TENSOR, MORE] if value.open else known
    if isinstance(value, Constant):
        if isinstance(value.value, (str, bytes)):
            more = [MORE] if len(value.value) > _LONGEST_TEXT else []
            return [*(Constant(each) for each in value.value[:_LONGEST_TEXT]), *more]
        return []
    if isinstance(value, Instance) and is_module(value):
        more = [MORE] if PART in value.slots else []
        if external_base(value) == MODULE_DICT:
            return [*(Constant(name) for name, _ in children(value)), *more]
        return [*(child for _, child in children(value)), *more]
    if isinstance(value, Class) and enums.is_enum(value):
        return [*enums.members(value)]
    if isinstance(value, Tensor):
        return [_one_of_several(value, UNKNOWN), _one_of_several(value, UNKNOWN), MORE]
    if isinstance(value, NotTensor):
        return [NotTensor(), NotTensor(), MORE]
    element = SUBMODULE if isinstance(value, Unknown) and value.submodule else UNKNOWN
    return [element, element, MORE]


def _iterate_union(interp: Interpreter, value: Union) -> list[Value]:
    rounds = [iterate(interp, each) for each in value.options if not _is_none(each)]
    if len(rounds) == 1:
        return rounds[0]
    longest = max(rounds, key=len, default=[])
    columns: list[Value] = []
    for i in range(len(longest)):
        column = [each[i] for each in rounds if i < len(each) and each[i] is not MORE]
        if column:
            columns.append(join(column))
    return [*columns, MORE]


def _is_none(value: Value) -> bool:
    return isinstance(value, Constant) and value.value is None


def _open_rounds(items: tuple[Value, ...]) -> list[Value]:
    # A second round shows what the first leaves to it. A module met twice, though, would be
    # taken for one that is used twice.
    if len(items) == 1 and not isinstance(items[0], Instance):
        return [items[0], items[0], MORE]
    return [*items, MORE]


def known_items(interp: Interpreter, value: Value) -> tuple[tuple[Value, ...], bool]:
    """The items of an iterable and whether there may be others."""
    rounds = iterate(interp, value)
    items = tuple(each for each in rounds if each is not MORE)
    return items, len(items) < len(rounds)


def get_item(interp: Interpreter, value: Value, index: Value) -> Value:
    """The value of ``value[index]``."""
    if not isinstance(value, Union):
        item = _get_item(interp, value, index)
        note_taken(interp, value, (item,))
        return item
    return join(_get_item(interp, each, index) for each in value.options)


def _get_item(interp: Interpreter, value: Value, index: Value) -> Value:
    value = data_of(value)

    if isinstance(value, Tensor):
        value = replace(value, channels_last=None) if value.channels_last is not None else value
        picks = not isinstance(index, (SomeSlice, Tuple, Tensor)) and not _is_slice(index)
        return _one_of_several(value, index) if picks else value
    if isinstance(value, (Unknown, NotTensor)):
        return _item_of_unknown(value, index)
    items = items_of(value)
    if items is not None:
        return _sequence_item(items, index, as_list=isinstance(value, List))
    if isinstance(value, Dict):
        return _dict_item(interp, value, index)
    if isinstance(value, Instance) and is_module(value):
        return child_at(interp, value, index)
    if isinstance(value, Class) and enums.is_enum(value):  # Mode["ADD"]
        name = str(index.value) if isinstance(index, Constant) else ""
        return value.namespace.get(name) or join(enums.members(value))
    if isinstance(value, Class):  # Box[Block]
        return value if value.lookup("__class_getitem__") is None else UNKNOWN
    if isinstance(value, Constant):
        return _item_of_constant(value.value, index)
    return _of_namespace(value, index) if isinstance(value, External) else UNKNOWN


def _of_namespace(value: External, index: Value) -> Value:
    """``models.__dict__["vgg16"]``, of a module that is not part of the program."""
    if not (isinstance(index, Constant) and value.name.endswith(".__dict__")):
        return UNKNOWN
    return External(f"{value.name.removesuffix('__dict__')}{index.value}")


def _item_of_unknown(value: Unknown | NotTensor, index: Value) -> Value:
    """Something else that is not known, with a flag of its own."""
    if value.flag is None:
        return value
    slot = slot_of(index)
    flag = None if slot is None else Flag((value.flag.key, "item", slot))
    return replace(value, flag=flag)


def _item_of_constant(value: object, index: Value) -> Value:
    """A letter or part of a text that is known."""
    if not (isinstance(value, (str, re.Match)) and isinstance(index, Constant)):
        return NOT_TENSOR
    try:
        return Constant(value[index.value])  # type: ignore[index,call-overload]
    except (IndexError, TypeError):
        return NOT_TENSOR


def _is_slice(index: Value) -> bool:
    return isinstance(index, Constant) and isinstance(index.value, slice)


def _one_of_several(value: Tensor, index: Value) -> Tensor:
    """An item of what may be a list of tensors: one with a grid of its own then."""
    if not (isinstance(value.grid, tuple) and value.grid[0] == SEVERAL):
        return value
    known = isinstance(index, Constant)
    return replace(value, grid=(INPUT, value.grid[1], index) if known else object())


def _sequence_item(items: Tuple, index: Value, *, as_list: bool) -> Value:
    if isinstance(index, Constant) and isinstance(index.value, int):
        if -len(items.items) <= index.value < len(items.items) and not (
            items.open and index.value < 0
        ):
            return items.items[index.value]
        return join(items.items)
    if isinstance(index, Constant) and isinstance(index.value, slice):
        part = items.items[index.value]
        if not part and items.open:  # those that were not looked at
            some = items.items[:1]
            part = some if some == (NOT_TENSOR,) else tuple(UNKNOWN for _ in some)
        return new_list(part, more=items.open) if as_list else Tuple(part, items.open)
    if isinstance(index, SomeSlice):
        part = tuple(one_of([each]) for each in items.items)
        return new_list(part, more=True) if as_list else Tuple(part, open=True)
    if items.written is not None and items.written[0] is index:
        return items.written[1]
    if isinstance(index, Tuple):  # not a sequence then, but something like an array
        return UNKNOWN
    return _some_item(items.items)


def _dict_item(interp: Interpreter, value: Dict, index: Value) -> Value:
    if slot_of(index) is not None:
        found = look_up(interp, value, index)
        if found is not None:
            return found
        if interp.trying and not value.open and value.owner is None and value.factory is None:
            interp.raised = True
        return value.slots.get("?", UNKNOWN)
    if isinstance(value.owner, Namespace):
        from qlint.flow.introspection import by_unknown_name

        return by_unknown_name(interp, value.owner.module)
    # What is done for objects of several types says nothing of an object of unknown type.
    if any(isinstance(each, (Class, External)) for each in value.keys.values()):
        return UNKNOWN
    # Where models and their parts are kept together, that this is one of them says nothing.
    held = list(value.slots.values())
    if value.owner is None and not alternatives.are_alternatives(held, is_table=value.is_table):
        return UNKNOWN
    return _some_item(value.slots.values())


def _some_item(items: Iterable[Value]) -> Value:
    """One of several items, it is not known which: the next one asked for may be another.

    Those that are known are the first that a loop of unknown length has put there.
    """
    return one_of(
        replace(each, grid=object()) if isinstance(each, Tensor) and each.may_be_quantized else each
        for item in items
        for each in options_of(item)
    )


def set_item(interp: Interpreter, target: Value, index: Value, value: Value) -> None:
    """Do ``target[index] = value``."""
    target = data_of(target)

    if isinstance(target, Dict):
        slot = slot_of(index)
        if slot is not None:
            target.keys[slot] = index
            if isinstance(target.owner, Instance):
                set_child(interp, target.owner, slot, value)
            else:
                interp.heap.write(target, slot, value)
        else:
            target.open = True
            old = target.slots.get("?")
            interp.heap.write(target, "?", value if old is None else join([old, value]))
    elif isinstance(target, List):
        _set_list_item(interp, target, index, value)
    elif isinstance(target, Instance) and is_module(target):
        set_child(interp, target, _child_named(target, index), value)


def _child_named(container: Instance, index: Value) -> str | None:
    """The name of the child that an index or key stands for, None if it is not known."""
    if not isinstance(index, Constant):
        return None
    names = [name for name, _ in children(container)]
    position = index.value
    if isinstance(position, int) and -len(names) <= position < len(names):
        return None if position < 0 and MORE_LAYERS in container.slots else names[position]
    return str(position)


def delete_item(interp: Interpreter, target: Value, index: Value) -> None:
    """Do ``del target[index]``."""
    target = data_of(target)

    if isinstance(target, Dict):
        slot = slot_of(index)
        if slot is not None:
            remove(interp, target, slot)
        else:
            target.open = True
    elif isinstance(target, Instance) and is_module(target):
        remove_child(interp, target, index)
    elif isinstance(target, List):
        items = items_of(target) or Tuple(())
        known = list(items.items)
        if isinstance(index, Constant) and isinstance(index.value, (int, slice)):
            with contextlib.suppress(IndexError):
                del known[index.value]
        set_items(interp, target, known, more=items.open or not isinstance(index, Constant))


def _set_list_item(interp: Interpreter, target: List, index: Value, value: Value) -> None:
    items = items_of(target) or Tuple(())
    known = list(items.items)
    if isinstance(index, Constant) and isinstance(index.value, int):
        if -len(known) <= index.value < len(known):
            known[index.value] = value
        set_items(interp, target, known, more=items.open)
    elif isinstance(index, Constant) and isinstance(index.value, slice):
        written, more = known_items(interp, value)
        with contextlib.suppress(ValueError):  # of another length than every other item
            known[index.value] = written
        set_items(interp, target, known, more=items.open or more)
    else:
        known = [join([each, value]) for each in known] or [value]
        last = None if index is NOT_TENSOR else (index, value)
        interp.heap.write(target, "items", Tuple(tuple(known), items.open, written=last))
