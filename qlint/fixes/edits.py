"""Carrying out fixes on a text: all that go together, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qlint.diagnostics import Edit, Fix, Position


@dataclass(frozen=True, slots=True)
class _Change:
    start: int
    end: int
    edit: Edit


def apply(
    text: str, fixes: Iterable[Fix], offset: Callable[[Position], int]
) -> tuple[str, list[Fix]]:
    """The text with fixes carried out, and those that were: one that touches what another has
    changed has to wait.
    """  # noqa: D205
    accepted: dict[tuple[int, int, str, tuple[int, ...]], _Change] = {}
    done: list[Fix] = []
    for fix in fixes:
        changes = [
            _Change(offset(each.location), offset(each.end_location), each) for each in fix.edits
        ]
        if not any(_clash(new, old) for new in changes for old in accepted.values()):
            done.append(fix)
            for each in changes:  # what two fixes put in alike, such as an import, is needed once
                key = (each.start, each.end, each.edit.content, each.edit.rank)
                accepted.setdefault(key, each)
    return _changed(text, list(accepted.values())), done


def _clash(new: _Change, old: _Change) -> bool:
    if (new.start, new.end, new.edit) == (old.start, old.end, old.edit):
        return False
    if new.start == new.end and old.start == old.end:
        return False
    if new.start == new.end:
        return old.start < new.start < old.end
    if old.start == old.end:
        return new.start < old.start < new.end
    return new.start < old.end and old.start < new.end


def _changed(text: str, changes: Sequence[_Change]) -> str:
    parts: list[str] = []
    reached = 0
    for change in sorted(changes, key=lambda each: (each.start, each.end, each.edit.rank)):
        parts += (text[reached : change.start], change.edit.content)
        reached = change.end
    return "".join([*parts, text[reached:]])
