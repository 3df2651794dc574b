"""The functions of ``itertools`` on what is known of their arguments."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from qlint.flow.containers import known_items
from qlint.flow.operators import binary
from qlint.flow.values import NONE, UNKNOWN, Constant, Tuple, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

# Pairs and products of more than so many items show nothing that the first do not.
_MOST_ROWS = 16


def py_chain(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items: list[Value] = []
    more = arguments.more
    for each in arguments.args:
        found, uncertain = known_items(interp, each)
        items += found
        more = more or uncertain
    return Tuple(tuple(items), more)


def py_repeat(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return Tuple(arguments.args[:1] * 2, open=True)


def py_chain_items(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = _items(interp, arguments)
    chained = py_chain(interp, type(arguments)(items), site)
    assert isinstance(chained, Tuple)
    return Tuple(chained.items, chained.open or more)


def py_cycle(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    return Tuple(_items(interp, arguments)[0], open=True)


def py_islice(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = _items(interp, arguments)
    bounds: list[Any] = [each.value for each in arguments.args[1:] if isinstance(each, Constant)]
    if len(bounds) != len(arguments.args) - 1:
        return Tuple(items, open=True)
    try:
        return Tuple(tuple(itertools.islice(items, *bounds)), more)
    except (TypeError, ValueError):
        return Tuple(items, open=True)


def py_pairwise(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = _items(interp, arguments)
    return _rows(itertools.pairwise(items), more)


def py_zip_longest(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    columns = [known_items(interp, each) for each in arguments.args]
    filler = arguments.kwargs.get("fillvalue", NONE)
    rows = itertools.zip_longest(*(items for items, _ in columns), fillvalue=filler)
    return _rows(rows, any(more for _, more in columns))


def py_accumulate(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = _items(interp, arguments)
    function = arguments.get(1, "func")
    initial = arguments.kwargs.get("initial")
    values = [*([] if initial is None else [initial]), *items]
    results = values[:1]
    for item in values[1:]:
        if function is None:
            results.append(binary(interp, "+", results[-1], item, site, "function", "accumulate"))
        else:
            inner = type(arguments)((results[-1], item), spelled=arguments.spelled)
            results.append(interp.call(function, inner, site))
    return Tuple(tuple(results), more)


def py_starmap(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    if len(arguments.args) != 2:
        return UNKNOWN
    rows, more = known_items(interp, arguments.args[1])
    results = []
    for row in rows:
        values, _ = known_items(interp, row)
        results.append(interp.call(arguments.args[0], type(arguments)(values), site))
    return Tuple(tuple(results), more)


def py_product(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    columns = [known_items(interp, each) for each in arguments.args]
    repeat = arguments.kwargs.get("repeat")
    times = repeat.value if isinstance(repeat, Constant) and isinstance(repeat.value, int) else 1
    rows = itertools.product(*(items for items, _ in columns), repeat=max(0, min(times, 4)))
    return _rows(rows, repeat is not None or any(more for _, more in columns))


def py_combinations(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    items, more = _items(interp, arguments)
    length = arguments.get(1, "r")
    if not (isinstance(length, Constant) and isinstance(length.value, int)):
        return Tuple((Tuple(items, open=True),), open=True)
    size = min(max(length.value, 0), len(items) + 1)
    return _rows(itertools.combinations(items, size), more)


def _items(interp: Interpreter, arguments: Arguments) -> tuple[tuple[Value, ...], bool]:
    return known_items(interp, arguments.args[0]) if arguments.args else ((), True)


def _rows(rows: Iterable[tuple[Value, ...]], more: bool) -> Tuple:
    shown = list(itertools.islice(rows, _MOST_ROWS + 1))
    return Tuple(tuple(Tuple(row) for row in shown[:_MOST_ROWS]), more or len(shown) > _MOST_ROWS)
