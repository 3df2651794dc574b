"""Texts of which only some parts are known: ``f"layer{i}"`` fits ``layer*``."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from qlint.flow.values import NOT_TENSOR, Constant, NotTensor, Tuple, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

_FIELD = re.compile(r"\{[^{}]*\}")
_CONVERSION = re.compile(r"%[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]")
_WIDTH = re.compile(r"\d{4}")
LONGEST = 4096  # longer texts are of no use and could grow without end
_SPECIAL = str.maketrans({"[": "[[]", "?": "[?]", "*": "[*]"})


def is_wide(template: str) -> bool:
    """Whether a template asks for a width that nobody prints."""
    return _WIDTH.search(template) is not None


def joined(parts: Iterable[Value]) -> Value:
    """The text that ``str`` of each value makes, one behind the other."""
    values = list(parts)
    if all(isinstance(each, Constant) for each in values):
        text = "".join(_spelled(each.value) for each in values if isinstance(each, Constant))
        return Constant(text) if len(text) <= LONGEST else NOT_TENSOR
    glob = "".join(_glob(each) for each in values)
    return NotTensor(glob=glob) if len(glob) <= LONGEST else NOT_TENSOR


def _spelled(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # a number of thousands of digits
        return hex(value) if isinstance(value, int) else "?"


def _glob(value: Value) -> str:
    if isinstance(value, Constant):
        return _spelled(value.value).translate(_SPECIAL)
    return (value.glob or "*") if isinstance(value, NotTensor) else "*"


def percent(template: str, value: Value) -> Value:
    """``template % value``, or what is known of it."""
    given = value.items if isinstance(value, Tuple) and not value.open else (value,)
    if all(isinstance(each, Constant) for each in given) and not is_wide(template):
        plain = tuple(each.value for each in given if isinstance(each, Constant))
        try:
            return Constant(template % plain)
        except (TypeError, ValueError, OverflowError):
            return NOT_TENSOR
    return NotTensor(glob=_CONVERSION.sub("*", template.translate(_SPECIAL)))


def braces(template: str) -> Value:
    """What is known of ``template.format(...)`` with arguments that are not."""
    return NotTensor(glob=_FIELD.sub("*", template.translate(_SPECIAL)))


def fitting(text: Value, names: Iterable[str]) -> list[str]:
    """The names that a text of which something is known can be; all if nothing is."""
    glob = text.glob if isinstance(text, NotTensor) else None
    return [each for each in names if glob is None or fnmatchcase(each, glob)]
