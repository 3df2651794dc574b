"""What int8 tensors meet in torch's functions and modules: a measured table.

``kernels.json`` is written by ``tests/qlint/semantics/measure.py``, which runs every operation and
module of the installed torch on int8 tensors, on all engines; a test compares the two.
"""

from __future__ import annotations

import json
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from qlint.semantics.names import FUNCTIONAL, NN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
_COARSE = frozenset({"gelu", NN + "GELU"})
_RECURRENT = frozenset({NN + "LSTM", NN + "GRU", NN + "RNN"})
_OPTION_KEYS = ("name", "at", "default")  # the other keys of an option are its values


@cache
def _table() -> dict[str, Any]:
    text = files("qlint.semantics").joinpath("kernels.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def torch_version() -> str:
    """The version of torch that was measured, which programs are taken to run with."""
    return str(_table()["torch"])


def of_operation(
    name: str, namespace: str, argument: Callable[[Option], str | None]
) -> Outcome | None:
    """What the function or tensor method of that name does on every engine; None if unknown.

    ``argument`` says how the source gives an option: its text, "" if it is left out, None if it is
    not known.
    """
    entry = _operation(name)
    if entry is None:
        return None
    option = entry.get("option")
    if option is not None:
        given = argument((option["name"], option["at"]))
        value = option["default"] if given == "" else given
        if value in option and value not in _OPTION_KEYS:
            return Outcome(option[value])
    if namespace == FUNCTIONAL and "functional" in entry:
        return Outcome(entry["functional"])
    return Outcome(entry["result"])


def of_module(
    name: str, *, subclass: bool = False, options: Mapping[str, str] | None = None
) -> Outcome | None:
    """What a converted module of that class (canonical name) does; None if unknown.

    An instance of a ``subclass`` is not swapped by convert: it runs as the float module it was.
    ``options`` are the constructor's arguments, as far as they are known.
    """
    entry = _module(name)
    if entry is None:
        return None
    bad = bad_option(name, options or {})
    if bad is not None:
        return bad[1]
    return Outcome(entry.get("not swapped", entry["converted"]) if subclass else entry["converted"])


def bad_option(name: str, options: Mapping[str, str]) -> tuple[str, Outcome] | None:
    """The constructor's argument for which alone a converted module fails or is wrong."""
    for option in (_module(name) or {}).get("options", ()):
        given = options.get(option["name"])
        if given in option and given not in _OPTION_KEYS and Outcome(option[given]) in BAD:
            return f"{option['name']}={given}", Outcome(option[given])
    return None


def is_coarse(name: str) -> bool:
    """Whether the int8 kernel of an activation, a function or a canonical class, hands on the
    qparams of its input though what it puts out spans half of that range.

    The relus do as well, but are fused away, and other activations get an observer.
    """  # noqa: D205
    return name in _COARSE


def takes_packed(name: str) -> bool:
    """Whether a float module of that class takes a PackedSequence; no int8 kernel does."""
    return name in _RECURRENT


def module_options(name: str) -> list[Option]:
    """The constructor's arguments on which it depends what a converted module does."""
    entry = _module(name) or {}
    return [(each["name"], each["at"]) for each in entry.get("options", ())]


def is_measured(name: str) -> bool:
    """Whether torch has a function or tensor method of that name, so that it was measured."""
    return _operation(name) is not None


def operation_keeps_grid(name: str) -> bool:
    """Whether the int8 output of a function or tensor method has the qparams of its input."""
    entry = _operation(name)
    return entry is not None and entry["result"] == Outcome.SAME_QPARAMS.value


def module_keeps_grid(name: str) -> bool:
    """Whether the int8 output of a module has the qparams of its input."""
    entry = _module(name)
    return entry is not None and all(
        entry.get(way, Outcome.SAME_QPARAMS.value) == Outcome.SAME_QPARAMS.value
        for way in ("converted", "per channel")
    )


def is_swapped(name: str) -> bool:
    """Whether convert makes an int8 module of this class that does what the float one cannot."""
    entry = _module(name)
    return entry is not None and "not swapped" in entry


def makes_int8(name: str) -> bool:
    """Whether convert makes a module of this class whose output is int8, whatever it is handed."""
    return is_swapped(name) and of_module(name) not in BAD


def _operation(name: str) -> dict[str, Any] | None:
    functions: dict[str, dict[str, Any]] = _table()["functions"]
    return functions.get(name) or functions.get(name.removesuffix("_"))


@lru_cache(maxsize=4096)
def _module(name: str) -> dict[str, Any] | None:
    modules: dict[str, dict[str, Any]] = _table()["modules"]
    return modules.get(name.removeprefix(NN)) if name.startswith(NN) else None
