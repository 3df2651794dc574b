"""Python's builtin functions on what is known of their arguments."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qlint.flow import texts
from qlint.flow.containers import (
    data_of,
    items_of,
    known_items,
    known_pairs,
    new_dict,
    new_list,
    set_item,
    set_items,
)
from qlint.flow.flags import flag_of
from qlint.flow.modules import children, is_known_in_part, is_module
from qlint.flow.operators import binary, report_arithmetic, unary
from qlint.flow.reach import note_counted
from qlint.flow.truth import truth
from qlint.flow.values import (
    NONE,
    NOT_TENSOR,
    UNKNOWN,
    Class,
    Constant,
    Dict,
    External,
    Function,
    Instance,
    List,
    NotTensor,
    Partial,
    Tensor,
    Tuple,
    Union,
    Unknown,
    Value,
    join,
    options_of,
    quantized_in,
)
from qlint.semantics.operations import Op

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


# A loop over a long range shows nothing new after its first rounds; the last one may differ, and
# those with a number that the loop's body mentions.
_LONG = 9
_FIRST_ROUNDS = 3
_LARGEST_ARGUMENT = 1e4
_MOST_ARGUMENTS = 64
_OF_ITERABLES = frozenset({"prod", "fsum"})


def py_range(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    numbers = [
        each.value
        for argument in arguments.args
        for each in options_of(argument)[:1]  # a default stands first
        if isinstance(each, Constant) and isinstance(each.value, int)
    ]
    more = any(isinstance(each, Union) for each in arguments.args)
    if len(numbers) != len(arguments.args) or not numbers:
        return Tuple((NotTensor(), NotTensor()), open=True)
    try:
        rounds = range(*numbers)
        len(rounds)
    except (TypeError, ValueError, OverflowError):
        return Tuple((NOT_TENSOR, NOT_TENSOR), open=True)
    shown: Sequence[int] = rounds
    if len(rounds) >= _LONG:
        mentioned = {each for each in interp.mentioned if each in rounds}
        some = {*rounds[:_FIRST_ROUNDS], *mentioned, rounds[-1]}
        shown = sorted(some, reverse=rounds.step < 0)
    return Tuple(tuple(Constant(each) for each in shown), more or len(shown) < len(rounds))


def py_len(interp: Interpreter, arguments: Arguments, site: Site) -> Value:

    value = arguments.args[0] if arguments.args else UNKNOWN
    note_counted(interp, value)
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        own = value.cls.lookup("__len__")
        if isinstance(own, Function):
            return interp.call(own, type(arguments)((value,)), site)
    items = items_of(value)
    if items is not None:
        return NOT_TENSOR if items.open else Constant(len(items.items))
    if isinstance(value, Instance) and is_module(value):
        return NOT_TENSOR if is_known_in_part(value) else Constant(len(children(value)))
    value = data_of(value)
    if isinstance(value, Dict) and not value.open:
        return Constant(len(value.slots))
    if isinstance(value, Constant) and isinstance(value.value, (str, bytes)):
        return Constant(len(value.value))
    return NOT_TENSOR


def py_enumerate(interp: Interpreter, arguments: Arguments, site: Site) -> Value:

    if not arguments.args:
        return UNKNOWN
    first = arguments.get(1, "start")
    start = first.value if isinstance(first, Constant) and isinstance(first.value, int) else 0
    items, more = known_items(interp, arguments.args[0])
    numbers: list[Value] = [NotTensor() if more else Constant(start + i) for i in range(len(items))]
    if numbers and is_known_in_part(arguments.args[0]):  # there are others before the last shown
        numbers[-1] = NotTensor()
    return Tuple(tuple(map(Tuple, zip(numbers, items, strict=True))), more)


def py_zip(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    columns = [known_items(interp, each) for each in arguments.args]
    exact = [items for items, more in columns if not more]
    if exact:
        length = min(len(items) for items in exact)
    else:
        length = max((len(items) for items, _ in columns), default=0)
    rows = []
    for i in range(length):
        row = [
            items[i] if i < len(items) else (join(items) if items else UNKNOWN)
            for items, _ in columns
        ]
        rows.append(Tuple(tuple(row)))
    return Tuple(tuple(rows), not exact)


def py_sum(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    values, more = known_items(interp, arguments.args[0]) if arguments.args else ((), False)
    start = arguments.get(1, "start")
    sequences = [items_of(each) for each in ((start,) if start is not None else ()) + values]
    if start is not None and items_of(start) is not None:
        items = [item for each in sequences if each is not None for item in each.items]
        opened = more or any(each is None or each.open for each in sequences)
        return new_list(items, more=opened)
    tensor = quantized_in(each for each in values if isinstance(each, Tensor))
    if tensor is not None:
        report_arithmetic(interp, Op.ADD, "function", "sum", site, values[:2], tensor)
        return replace(tensor, grid=object())
    numbers = _numbers(values)
    if numbers is not None and not more and start is None:
        try:
            return Constant(sum(numbers))
        except OverflowError:
            return NOT_TENSOR
    if any(isinstance(each, Tensor) for value in values for each in options_of(value)):
        return join(values)
    return UNKNOWN if any(isinstance(each, Unknown) for each in values) else NOT_TENSOR


def _numbers(values: Sequence[Value]) -> list[float] | None:
    """The numbers that all these values are, None if they are not."""
    numbers = [
        each.value
        for each in values
        if isinstance(each, Constant) and isinstance(each.value, (int, float))
    ]
    return numbers if len(numbers) == len(values) else None


def py_math(name: str, arguments: Arguments) -> Value:
    """A function of ``math``; large arguments, which could take for ever, are not tried."""
    listed = items_of(arguments.args[0]) if name in _OF_ITERABLES and arguments.args else None
    numbers = _numbers(arguments.args if listed is None else listed.items)
    function = getattr(math, name, None)
    more = arguments.more or (listed is not None and (listed.open or len(arguments.args) > 1))
    if numbers is None or function is None or arguments.kwargs or more:
        return NOT_TENSOR
    if any(abs(each) > _LARGEST_ARGUMENT for each in numbers) or len(numbers) > _MOST_ARGUMENTS:
        return NOT_TENSOR
    try:
        result = function(*numbers) if listed is None else function(numbers)
    except (ArithmeticError, TypeError, ValueError):
        return NOT_TENSOR
    return Constant(result) if isinstance(result, (int, float)) else NOT_TENSOR


def py_list(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return new_list(())
    items, more = known_items(interp, arguments.args[0])
    return new_list(items, more=more)


def py_set(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = known_items(interp, arguments.args[0]) if arguments.args else ((), False)
    return new_list(dict.fromkeys(items), more=more)


def py_tuple(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return Tuple(())
    return Tuple(*known_items(interp, arguments.args[0]))


def py_reversed(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = known_items(interp, arguments.args[0]) if arguments.args else ((), True)
    return Tuple(items[::-1], more)


def py_sorted(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = known_items(interp, arguments.args[0]) if arguments.args else ((), True)
    known: list[Any] = [each.value for each in items if isinstance(each, Constant)]
    if len(known) == len(items) and not arguments.kwargs and not more:
        try:
            return new_list(Constant(each) for each in sorted(known))
        except TypeError:
            return new_list(items)
    return new_list(items, more=more)


def py_iter(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if not arguments.args:
        return UNKNOWN
    iterable = arguments.args[0]
    if items_of(iterable) is None and not isinstance(iterable, Instance):
        return iterable
    items, more = known_items(interp, iterable)
    if more:
        return iterable
    iterator = new_list(items)
    iterator.is_iterator = True
    return iterator


def py_next(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    iterator = arguments.args[0] if arguments.args else UNKNOWN
    if isinstance(iterator, List) and iterator.is_iterator:
        left = items_of(iterator)
        if left is not None and left.items and not left.open:
            set_items(interp, iterator, left.items[1:], more=False)
            return left.items[0]
    items, _ = known_items(interp, arguments.args[0]) if arguments.args else ((), True)
    return join(items) if items else UNKNOWN


def py_map(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) < 2:
        return UNKNOWN
    function, *iterables = arguments.args
    rows = py_zip(interp, type(arguments)(tuple(iterables)), site)
    assert isinstance(rows, Tuple)
    results = [
        interp.call(function, type(arguments)(row.items), site)
        for row in rows.items
        if isinstance(row, Tuple)
    ]
    return Tuple(tuple(results), rows.open)


def py_filter(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2:
        return UNKNOWN
    function, iterable = arguments.args
    items, more = known_items(interp, iterable)
    kept = []
    for item in items:
        none = isinstance(function, Constant)
        test = item if none else interp.call(function, type(arguments)((item,)), site)
        decided = truth(interp, test)
        more = more or decided is None
        if decided is not False:
            kept.append(item)
    return Tuple(tuple(kept), more)


def py_dict(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    made = new_dict(())
    update_with(interp, made, arguments)
    made.open = made.open or arguments.more
    return made


def update_with(interp: Interpreter, target: Dict, arguments: Arguments) -> None:
    """Put into a dict what ``dict`` and ``update`` are called with."""
    for source in arguments.args[:1]:
        py_update(interp, target, source)
    for name, value in arguments.kwargs.items():
        set_item(interp, target, Constant(name), value)


def py_update(interp: Interpreter, target: Dict, source: Value) -> None:
    source = data_of(source)
    if isinstance(source, Dict):
        for key, value in known_pairs(source):
            set_item(interp, target, key, value)
        target.open = target.open or source.open
        return
    items, more = known_items(interp, source)
    target.open = target.open or more
    for each in items:
        pair = items_of(each)
        if pair is not None and len(pair.items) == 2:
            set_item(interp, target, *pair.items)
        else:
            target.open = True


def py_minmax(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    values = arguments.args
    if len(values) == 1:
        values = known_items(interp, values[0])[0]
    if "key" in arguments.kwargs:
        return _most(interp, values, arguments, site)
    numbers = [each.value for each in values if isinstance(each, Constant)]
    if len(numbers) == len(values) and numbers and not arguments.more:
        function: Any = min if arguments.spelled == "min" else max
        try:
            return Constant(function(numbers))
        except TypeError:
            return NOT_TENSOR
    return NOT_TENSOR if not any(isinstance(each, Tensor) for each in values) else join(values)


def _most(interp: Interpreter, values: Sequence[Value], arguments: Arguments, site: Site) -> Value:
    """``min`` or ``max`` with a ``key``."""
    keys = [interp.call(arguments.kwargs["key"], type(arguments)((each,)), site) for each in values]
    known: list[Any] = [each.value for each in keys if isinstance(each, Constant)]
    if not values or len(known) < len(keys):
        return join(values) if values else UNKNOWN
    try:
        most = min(known) if arguments.spelled == "min" else max(known)
    except TypeError:
        return join(values)
    return values[known.index(most)]


def py_convert(function: Callable[..., Any]) -> Callable[..., Value]:
    def convert(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
        value = arguments.args[0] if len(arguments.args) == 1 else NOT_TENSOR
        if not arguments.values() and not arguments.more:
            return Constant(function())
        if isinstance(value, Constant) and value.value is not ...:
            try:
                return Constant(function(value.value))
            except Exception:
                return NOT_TENSOR
        return NOT_TENSOR

    return convert


def py_str(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return texts.joined(arguments.args) if len(arguments.args) == 1 else NOT_TENSOR


def py_unary(op: str) -> Callable[..., Value]:
    """`abs` and `round`, which numbers and tensors have."""

    def apply(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
        if len(arguments.args) != 1:
            return NOT_TENSOR
        value = arguments.args[0]
        return NOT_TENSOR if value == Constant(...) else unary(interp, op, value, None, site)

    return apply


def py_pow(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2:
        return NOT_TENSOR
    return binary(interp, "**", *arguments.args, site, "function", "pow")


def py_bool(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    decided = truth(interp, arguments.args[0]) if arguments.args else False
    if decided is None:
        return NotTensor(flag=flag_of(arguments.args[0]))
    return Constant(decided)


def py_not_tensor(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return NOT_TENSOR


def py_none(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return NONE


def py_callable(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    value = arguments.args[0] if arguments.args else UNKNOWN
    if isinstance(value, (Function, Class, Partial, External, Instance)):
        return Constant(True)
    return Constant(False) if isinstance(value, (Constant, List, Dict, Tuple)) else NOT_TENSOR


def py_all_any(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = known_items(interp, arguments.args[0]) if arguments.args else ((), True)
    answers = [truth(interp, each) for each in items]
    wanted = arguments.spelled == "any"
    if wanted in answers and not more:
        return Constant(wanted)
    return NOT_TENSOR if more or None in answers else Constant(not wanted)
