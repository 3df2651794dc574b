"""The one exception that a user can do something about."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UserError(Exception):
    """Bad input. The message is one line: what is wrong, where, and what to do about it."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of an error message that proposes the nearest known word, or nothing."""
    by_lower = {name.lower(): name for name in known}
    longer = [name for name in by_lower if word and name.startswith(word.lower())]
    near = longer or difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"; did you mean `{by_lower[near[0]]}`?" if near else ""
