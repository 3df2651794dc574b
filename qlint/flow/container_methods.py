"""Methods of lists, dicts, tuples and constants."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.flow import builtin_calls, operators, regex_calls, texts
from qlint.flow.containers import (
    delete_item,
    extend,
    get_item,
    items_of,
    known_items,
    known_pairs,
    look_up,
    new_dict,
    new_list,
    remove,
    set_item,
    set_items,
    slot_of,
    within,
)
from qlint.flow.reach import note_taken
from qlint.flow.values import (
    NONE,
    NOT_TENSOR,
    UNKNOWN,
    Constant,
    Dict,
    Flag,
    List,
    Tuple,
    Unknown,
    Value,
    join,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


def call_method(
    interp: Interpreter, receiver: Value, name: str, arguments: Arguments, site: Site
) -> Value:
    """Call a method of a list, tuple, dict or constant."""
    operator = _OPERATORS.get(name)
    if operator is not None and not isinstance(receiver, Constant):
        function, operands = operator
        fits = len(arguments.args) == operands
        return function(interp, receiver, *arguments.args) if fits else UNKNOWN
    if isinstance(receiver, List):
        return _list_method(interp, receiver, name, arguments)
    if isinstance(receiver, Dict):
        result = _dict_method(interp, receiver, name, arguments, site)
        note_taken(interp, receiver, (result,))
        return result
    if isinstance(receiver, Tuple):
        if receiver.names:
            return _named_tuple_method(receiver, name, arguments)
        return _question(receiver, name, arguments)
    if isinstance(receiver, Constant):
        return _constant_method(receiver.value, name, arguments)
    return UNKNOWN


def _named_tuple_method(receiver: Tuple, name: str, arguments: Arguments) -> Value:
    named = dict(zip(receiver.names, receiver.items, strict=False))
    if name == "_replace":
        named.update(arguments.kwargs)
        return Tuple(tuple(named.values()), names=receiver.names)
    if name == "_asdict":
        return new_dict((Constant(each), value) for each, value in named.items())
    return NOT_TENSOR if name in _QUESTIONS else UNKNOWN


def _set_item(interp: Interpreter, target: Value, index: Value, value: Value) -> Value:
    set_item(interp, target, index, value)
    return NONE


def _delete_item(interp: Interpreter, target: Value, index: Value) -> Value:
    delete_item(interp, target, index)
    return NONE


def _contains(interp: Interpreter, target: Value, item: Value) -> Value:
    return operators.compare("in", item, target)


def _itself(interp: Interpreter, target: Value) -> Value:
    return target


# The methods behind Python's operators, with the number of their operands beside the container.
_OPERATORS: dict[str, tuple[Callable[..., Value], int]] = {
    "__getitem__": (get_item, 1),
    "__setitem__": (_set_item, 2),
    "__delitem__": (_delete_item, 1),
    "__contains__": (_contains, 1),
    "__iter__": (_itself, 0),
}
_QUESTIONS = frozenset("index count numel issubset issuperset isdisjoint".split())


def _list_method(interp: Interpreter, target: List, name: str, arguments: Arguments) -> Value:
    items = items_of(target) or Tuple(())
    args = arguments.args
    is_there = name == "add" and args and args[0] in items.items
    if is_there or name in ("remove", "discard", "sort"):
        return NONE
    if name in ("append", "add") and args:
        set_items(interp, target, [*items.items, args[0]], more=items.open)
    elif name in ("extend", "update") and args:
        extend(interp, target, args[0])
    elif name == "insert" and len(args) == 2:
        at = args[0].value if isinstance(args[0], Constant) else 0
        known = list(items.items)
        known.insert(within(at, len(known)), args[1])
        set_items(interp, target, known, more=items.open)
    elif name in ("pop", "popleft"):
        index = Constant(0) if name == "popleft" else args[0] if args else Constant(-1)
        taken = get_item(interp, target, index) if items.items else UNKNOWN
        if isinstance(index, Constant) and isinstance(index.value, int) and items.items:
            known = list(items.items)
            if -len(known) <= index.value < len(known):
                del known[index.value]
            set_items(interp, target, known, more=items.open)
        return taken
    elif name == "reverse":
        set_items(interp, target, items.items[::-1], more=items.open)
    elif name == "clear":
        set_items(interp, target, (), more=False)
    elif name == "copy":
        return new_list(items.items, more=items.open)
    elif name in ("appendleft", "extendleft", "rotate"):
        _deque_method(interp, target, name, args[0] if args else Constant(1))
    else:
        return _question(items, name, arguments)
    return NONE


def _deque_method(interp: Interpreter, target: List, name: str, argument: Value) -> None:
    items = items_of(target) or Tuple(())
    if name == "rotate":
        steps = argument.value if isinstance(argument, Constant) else 1
        at = -steps % (len(items.items) or 1) if isinstance(steps, int) else 0
        set_items(interp, target, [*items.items[at:], *items.items[:at]], more=items.open)
        return
    added, more = ((argument,), False) if name == "appendleft" else known_items(interp, argument)
    known = [*reversed(added), *items.items]
    set_items(interp, target, known, more=items.open or more, to_left=True)


def _question(items: Tuple, name: str, arguments: Arguments) -> Value:
    if name == "index" and not items.open and len(arguments.args) == 1:
        for index, item in enumerate(items.items):
            if not isinstance(item, Constant):
                break
            if item == arguments.args[0]:
                return Constant(index)
    return NOT_TENSOR if name in _QUESTIONS else UNKNOWN


def _dict_method(
    interp: Interpreter, target: Dict, name: str, arguments: Arguments, site: Site
) -> Value:
    pairs = known_pairs(target)
    if target.open:
        pairs.append((NOT_TENSOR, target.slots.get("?", UNKNOWN)))
    if name == "items":
        return Tuple(tuple(Tuple(pair) for pair in pairs), target.open)
    if name == "keys":
        return Tuple(tuple(key for key, _ in pairs), target.open)
    if name == "values":
        return Tuple(tuple(value for _, value in pairs), target.open)
    if name in ("get", "pop", "setdefault") and arguments.args:
        return _look_up(interp, target, name, arguments, site)
    if name == "popitem":
        return _pop_item(interp, target, pairs, first=Constant(False) in arguments.values())
    if name == "update":
        builtin_calls.update_with(interp, target, arguments)
        return NONE
    if name == "copy":
        return new_dict(pairs)
    return UNKNOWN


def _pop_item(
    interp: Interpreter, target: Dict, pairs: list[tuple[Value, Value]], *, first: bool
) -> Value:
    if target.open or not pairs:
        return Tuple((NOT_TENSOR, join(value for _, value in pairs)))
    taken = pairs[0 if first else -1]
    delete_item(interp, target, taken[0])
    return Tuple(taken)


def _look_up(
    interp: Interpreter, target: Dict, name: str, arguments: Arguments, site: Site
) -> Value:
    key = arguments.args[0]
    default = arguments.args[1] if len(arguments.args) > 1 else NONE
    slot = slot_of(key)
    if slot is None:
        return join([default, get_item(interp, target, key)])
    found = look_up(interp, target, key)
    if found is not None:
        if name == "pop":
            remove(interp, target, slot)
        return found
    if name == "setdefault":
        set_item(interp, target, key, default)
    if target.open and isinstance(default, Constant) and isinstance(default.value, bool):
        return Unknown(flag=Flag((site.module.path, site.start)))
    return join([default, UNKNOWN]) if target.open else default


_TEXT_METHODS = frozenset(
    "format join split rsplit strip lstrip rstrip lower upper startswith endswith replace title "
    "removeprefix removesuffix partition rpartition capitalize isdigit find count".split()
)


def _constant_method(value: object, name: str, arguments: Arguments) -> Value:
    if isinstance(value, (re.Pattern, re.Match)) and not arguments.kwargs:
        return regex_calls.call_method(value, name, arguments.args)
    if not isinstance(value, str) or name not in _TEXT_METHODS:
        return NOT_TENSOR
    if arguments.more or len(value) > texts.LONGEST:
        return NOT_TENSOR
    if name == "format" and texts.is_wide(value):
        return NOT_TENSOR
    try:
        args = [_plain(each) for each in arguments.args]
        kwargs = {keyword: _plain(each) for keyword, each in arguments.kwargs.items()}
        result = getattr(value, name)(*args, **kwargs)
    except Exception:
        return texts.braces(value) if name == "format" else NOT_TENSOR
    if isinstance(result, list):
        return new_list(Constant(each) for each in result)
    if isinstance(result, tuple):
        return Tuple(tuple(Constant(each) for each in result))
    too_long = isinstance(result, str) and len(result) > texts.LONGEST
    return NOT_TENSOR if too_long else Constant(result)


def _plain(value: Value) -> object:
    """The Python object that a constant, or a sequence of constants, is."""
    if isinstance(value, Constant):
        return value.value
    items = items_of(value)
    if items is None or items.open:
        raise ValueError("not a constant")
    return [_plain(each) for each in items.items]
