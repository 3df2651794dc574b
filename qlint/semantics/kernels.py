"""What int8 tensors meet in torch's functions and modules: a measured table.

``kernels.json`` is written by ``tests/qlint/semantics/measure.py``, which runs every operation and
module of the installed torch on int8 tensors, on all engines; a test compares the two.
"""

from __future__ import annotations

import json
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from qlint.semantics.names import FUNCTIONAL, NN

if TYPE_CHECKING:
    from collections.abc import Callable


class Outcome(Enum):
    """What happens when an int8 tensor gets there; the values are the table's words."""

    FAILS = "fails"
    WRONG = "wrong"
    INT8 = "int8"
    SAME_QPARAMS = "int8, same qparams"
    NOT_QUANTIZED = "not quantized"


Option = tuple[str, int]
"""An argument on which the outcome depends: its name, and its place among the positional ones."""

BAD = (Outcome.FAILS, Outcome.WRONG)


@cache
def _table() -> dict[str, dict[str, Any]]:
    text = files("qlint.semantics").joinpath("kernels.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table


def of_operation(
    name: str, namespace: str, argument: Callable[[Option], str | None]
) -> Outcome | None:
    """What the function or tensor method of that name does on every engine; None if unknown.

    ``argument`` says how the source gives an option: its text, "" if it is left out, None if it is
    not known.
    """
    functions = _table()["functions"]
    entry = functions.get(name) or functions.get(name.removesuffix("_"))
    if entry is None:
        return None
    option = entry.get("option")
    if option is not None:
        given = argument((option["name"], option["at"]))
        value = option["default"] if given == "" else given
        if value in option and value not in ("name", "at", "default"):
            return Outcome(option[value])
    if namespace == FUNCTIONAL and "functional" in entry:
        return Outcome(entry["functional"])
    return Outcome(entry["result"])


def of_module(name: str, *, subclass: bool = False) -> Outcome | None:
    """What a converted module of that class (canonical name) does; None if unknown.

    An instance of a ``subclass`` is not swapped by convert: it runs as the float module it was.
    """
    entry = _table()["modules"].get(name.removeprefix(NN)) if name.startswith(NN) else None
    if entry is None:
        return None
    return Outcome(entry.get("not swapped", entry["converted"]) if subclass else entry["converted"])


def is_swapped(name: str) -> bool:
    """Whether convert makes an int8 module of this class that does what the float one cannot."""
    entry = _table()["modules"].get(name.removeprefix(NN)) if name.startswith(NN) else None
    return entry is not None and "not swapped" in entry
