"""Carrying out fixes on the texts of files: all that go together, in one pass."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from qlint.syntax.positions import Positions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qlint.diagnostics import Edit, Fix


def apply(texts: Mapping[str, str], fixes: Iterable[Fix]) -> tuple[dict[str, str], list[Fix]]:
    """Some files with fixes carried out, and the fixes that were.

    One that touches what another has changed has to wait, and so has one of a file that is not
    among ``texts``. What replaces the most comes first, for it may make the others needless; what
    is put around calls comes last, and waits until the code that is called has no other fix.
    """
    accepted: dict[str, list[Edit]] = defaultdict(list)
    done: list[Fix] = []
    for fix in sorted(fixes, key=lambda each: (bool(each.around), -_most_replaced(each))):
        if fix.around and any(
            not each.around or _is_around(fix, each) or _is_around(each, fix) for each in done
        ):
            continue
        clashes = any(
            each.filename not in texts or any(_clash(each, old) for old in accepted[each.filename])
            for each in fix.edits
        )
        if not clashes:
            done.append(fix)
            for each in fix.edits:
                replaces = each.location != each.end_location
                if not (each.once or replaces) or each not in accepted[each.filename]:
                    accepted[each.filename].append(each)
    changed = {name: carried_out(texts[name], edits) for name, edits in accepted.items() if edits}
    return changed, done


def _most_replaced(fix: Fix) -> int:
    return max(each.end_location.row - each.location.row for each in fix.edits)


def _is_around(outer: Fix, inner: Fix) -> bool:
    """Whether a fix is put around calls of the code that another one changes."""
    return any(
        each.filename == code.filename and code.location <= each.location <= code.end_location
        for code in outer.around
        for each in inner.edits
    )


def _clash(new: Edit, old: Edit) -> bool:
    if new == old:
        return False
    adds, added = new.location == new.end_location, old.location == old.end_location
    if adds and added:
        return False
    if adds:
        return old.location < new.location < old.end_location
    if added:
        return new.location < old.location < new.end_location
    return new.location < old.end_location and old.location < new.end_location


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
