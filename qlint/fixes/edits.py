"""Carrying out fixes on the texts of files: all that go together, in one pass."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from typing import TYPE_CHECKING

from qlint.syntax.positions import Positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qlint.diagnostics import Edit, Fix, Position


def apply(texts: Mapping[str, str], fixes: Iterable[Fix]) -> tuple[dict[str, str], list[Fix]]:
    """Some files with fixes carried out, and the fixes that were.

    One that touches what another has changed has to wait, and so has one of a file that is not
    among ``texts``. What replaces the most comes first, for it may make the others needless; what
    is put around calls comes last, and waits until the code that is called has no other fix.
    """
    accepted: dict[str, _Accepted] = defaultdict(_Accepted)
    done: list[Fix] = []
    for fix in sorted(fixes, key=lambda each: (bool(each.around), -_most_replaced(each))):
        if fix.around and any(
            not each.around or _is_around(fix, each) or _is_around(each, fix) for each in done
        ):
            continue
        clashes = any(
            each.filename not in texts or accepted[each.filename].clash(each) for each in fix.edits
        )
        if not clashes:
            done.append(fix)
            for each in fix.edits:
                accepted[each.filename].add(each)
    changed = {
        name: carried_out(texts[name], each.edits) for name, each in accepted.items() if each.edits
    }
    return changed, done


class _Accepted:
    """The edits of a file that are to be carried out."""

    def __init__(self) -> None:
        self.edits: list[Edit] = []
        self._known: set[Edit] = set()
        # In the order of the file: where something is added, and from where to where replaced.
        self._added: list[Position] = []
        self._replaced: list[tuple[Position, Position]] = []

    def clash(self, edit: Edit) -> bool:
        """Whether another edit changes the same text, or text around it or in it."""
        if edit in self._known:
            return False
        start, end = edit.location, edit.end_location
        at = bisect_left(self._replaced, (end,))
        if at and self._replaced[at - 1][1] > start:
            return True
        if start == end:
            return False
        at = bisect_right(self._added, start)
        return at < len(self._added) and self._added[at] < end

    def add(self, edit: Edit) -> None:
        """Take an edit, unless it is there and need not be twice."""
        replaces = edit.location != edit.end_location
        if edit in self._known and (edit.once or replaces):
            return
        self._known.add(edit)
        self.edits.append(edit)
        if replaces:
            insort(self._replaced, (edit.location, edit.end_location))
        else:
            insort(self._added, edit.location)


def _most_replaced(fix: Fix) -> int:
    return max(each.end_location.row - each.location.row for each in fix.edits)


def _is_around(outer: Fix, inner: Fix) -> bool:
    """Whether a fix is put around calls of the code that another one changes."""
    return any(
        each.filename == code.filename and code.location <= each.location <= code.end_location
        for code in outer.around
        for each in inner.edits
    )


def carried_out(text: str, edits: Iterable[Edit]) -> str:
    """A text with edits that do not clash."""
    starts = Positions(text).line_starts
    parts: list[str] = []
    reached = 0
    for edit in sorted(edits, key=lambda each: (each.location, each.end_location, each.rank)):
        start, end = (
            starts[each.row - 1] + each.column - 1 for each in (edit.location, edit.end_location)
        )
        parts += (text[reached:start], edit.content)
        reached = end
    return "".join([*parts, text[reached:]])
