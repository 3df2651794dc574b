"""Functions of Python's library that build, copy or combine values."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow.builtin_calls import py_update, update_with
from qlint.flow.containers import MAX_LENGTH, items_of, known_items, new_dict, new_list, set_items
from qlint.flow.contexts import enter
from qlint.flow.copies import deep_copy
from qlint.flow.modules import is_module
from qlint.flow.shapes import shape_of
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    BoundMethod,
    Constant,
    Dict,
    External,
    Function,
    Instance,
    NamedTuple,
    Partial,
    Tuple,
    Value,
    join,
    options_of,
)

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


def py_partial(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return UNKNOWN
    return Partial(arguments.args[0], arguments.args[1:], dict(arguments.kwargs))


def py_partial_method(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    made = py_partial(interp, arguments, site)
    return replace(made, is_method=True) if isinstance(made, Partial) else made


def py_static_method(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    function = arguments.args[0] if arguments.args else UNKNOWN
    return replace(function, kind="static") if isinstance(function, Function) else function


def py_method_type(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2:
        return UNKNOWN
    function, owner = arguments.args
    if isinstance(function, Function):
        return BoundMethod(function, owner)
    return Partial(function, (owner,), {})


def py_named_tuple(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    fields = arguments.get(1, "field_names")
    if isinstance(fields, Constant) and isinstance(fields.value, str):
        names: list[object] = [*fields.value.replace(",", " ").split()]
    else:
        listed = items_of(fields) if fields is not None else None
        items = () if listed is None else listed.items
        names = [each.value if isinstance(each, Constant) else None for each in items]
    if not all(isinstance(each, str) for each in names):
        return UNKNOWN
    defaults = arguments.kwargs.get("defaults", UNKNOWN)
    return NamedTuple(tuple(map(str, names)), known_items(interp, defaults)[0])


def py_reduce(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) < 2:
        return UNKNOWN
    items = list(known_items(interp, arguments.args[1])[0])
    if len(arguments.args) == 3:
        items.insert(0, arguments.args[2])
    if not items:
        return UNKNOWN
    result = items[0]
    for item in items[1:]:
        inner = type(arguments)((result, item), spelled=arguments.spelled)
        result = interp.call(arguments.args[0], inner, site)
    return result


def py_first(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return arguments.args[-1] if arguments.args else UNKNOWN


def py_json(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``json.loads`` of a text that stands in the program."""
    text = arguments.get(0, "s")
    if not (isinstance(text, Constant) and isinstance(text.value, str)):
        return UNKNOWN
    try:
        return _from_json(json.loads(text.value))
    except (ValueError, RecursionError):
        return UNKNOWN


def _from_json(value: object) -> Value:
    if isinstance(value, dict):
        return new_dict((Constant(key), _from_json(each)) for key, each in value.items())
    if isinstance(value, list):
        return new_list(_from_json(each) for each in value)
    return Constant(value)


def py_suppress(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``contextlib.suppress``, whose arguments do not matter."""
    return External("contextlib.suppress")


def py_null_context(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """What yields its argument once, as a function under ``contextlib.contextmanager`` does."""
    return Tuple((arguments.get(0, "enter_result") or NONE,))


def py_exit_stack(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``contextlib.ExitStack``; when it leaves what was entered makes no difference."""
    return External("contextlib.ExitStack")


def py_enter_context(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """What entering a manager on an ``ExitStack`` returns."""
    manager = arguments.get(0, "cm") or UNKNOWN
    return join(enter(interp, each, site) for each in options_of(manager))


def py_copy(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return UNKNOWN
    value = arguments.args[0]
    twin = deep_copy(value)
    if isinstance(value, Instance) and isinstance(twin, Instance) and is_module(value):
        interp.copies.append((value, shape_of(value), twin))
        interp.models.append(interp.model(twin, site))
    return twin


def py_default_dict(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``collections.defaultdict``, a dict that has any key."""
    made = new_dict(())
    sources = arguments.args[1:]
    update_with(interp, made, type(arguments)(sources, arguments.kwargs))
    if arguments.args and arguments.args[0] != NONE:
        made.factory = arguments.args[0]
    return made


def py_deque(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``collections.deque``, read as a list."""
    source, longest = arguments.get(0, "iterable"), arguments.get(1, "maxlen")
    items, more = known_items(interp, source) if source is not None else ((), False)
    made = new_list(items, more=more)
    if longest is not None:
        made.slots[MAX_LENGTH] = longest
        set_items(interp, made, items, more=more)
    return made


def py_counter(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``collections.Counter``; what it counts is not known."""
    made = new_dict(())
    sources = tuple(each for each in arguments.args if isinstance(each, (Dict, Instance)))
    update_with(interp, made, type(arguments)(sources, arguments.kwargs))
    made.open = True
    return made


def py_chain_map(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``collections.ChainMap``, read as the dict that it looks like."""
    made = new_dict(())
    made.open = arguments.more
    for source in reversed(arguments.args):
        py_update(interp, made, source)
    return made
