"""The text of a failing assertion: headline, offenders, what it means, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS = 10
_WIDTH = 96


def failure(
    headline: str,
    *,
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[str]] = (),
    meaning: str = "",
    cure: str = "",
) -> AssertionError:
    """An AssertionError with one screen of text.

    Args:
        headline: one line that says what is wrong and how often.
        columns: headings of the table.
        rows: offenders, worst first; at most ten are shown and the rest is counted.
        meaning: why that is a defect.
        cure: what to do about it.
    """
    parts = [headline]
    if rows:
        parts += ["", *table(columns, rows[:MOST_ROWS])]
        if len(rows) > MOST_ROWS:
            parts.append(f"  ... and {len(rows) - MOST_ROWS} more")
    for label, text in (("What it means: ", meaning), ("What to do: ", cure)):
        if text:
            parts += ["", *_wrap(label + text)]
    return AssertionError("\n".join(parts))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table with columns as wide as their longest cell."""
    cells = [list(columns), *map(list, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(columns))]
    lines = [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    lines.insert(1, "  " + "  ".join("-" * width for width in widths))
    return lines


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 layer`, `2 layers`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`'a', 'b' and 4 more`."""
    shown = ", ".join(repr(name) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _wrap(text: str) -> list[str]:
    """Break prose at spaces; names are never broken, so that they can be copied."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > _WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]
