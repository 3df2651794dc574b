"""A piece of source with line numbers, and carets under the range that is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from qlint.diagnostics import Position
from qlint.formats._report import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CONTEXT = 2
_LONGEST = 8  # of a range with more rows, the middle is left out
_SHOWN_HEAD, _SHOWN_TAIL = 4, 2
_TAB = "    "
_CUT = "..."


@dataclass(frozen=True, slots=True)
class Painter:
    """How to colour the gutter and the carets."""

    gutter: Callable[[str], str]
    mark: Callable[[str], str]


def excerpt(
    lines: Sequence[str], start: Position, end: Position, width: int, painter: Painter
) -> tuple[int, list[str]]:
    """The width of the gutter, and the rows to print; no rows if the file has changed since."""
    if not 0 < start.row <= len(lines):
        return 1, []
    end = _within(lines, start, end)
    top, bottom = _with_context(lines, start.row, end.row)
    digits = len(str(bottom))
    return digits, _Excerpt(lines, start, end, width, digits, painter).rows(top, bottom)


def _within(lines: Sequence[str], start: Position, end: Position) -> Position:
    """The end of the range, moved to where there is text."""
    if end < start:
        return start
    if end.row > len(lines):
        return Position(len(lines), len(lines[-1]) + 1)
    if end.row > start.row and end.column == 1:  # the range ends with a line break
        return Position(end.row - 1, len(lines[end.row - 2]) + 1)
    return end


def _with_context(lines: Sequence[str], first: int, last: int) -> tuple[int, int]:
    top, bottom = max(1, first - _CONTEXT), min(len(lines), last + _CONTEXT)
    while top < first and not lines[top - 1].strip():
        top += 1
    while bottom > last and not lines[bottom - 1].strip():
        bottom -= 1
    return top, bottom


class _Excerpt:
    """One excerpt in the making. Columns here are terminal cells, counted from 0."""

    def __init__(
        self,
        lines: Sequence[str],
        start: Position,
        end: Position,
        width: int,
        digits: int,
        painter: Painter,
    ) -> None:
        self._lines = lines
        self._first, self._last = start.row, end.row
        self._is_block = self._first != self._last
        self._starts_line = not lines[start.row - 1][: start.column - 1].strip()
        self._digits = digits
        self._painter = painter
        self._start = _cell(lines[start.row - 1], start.column)
        self._end = _cell(lines[end.row - 1], end.column)
        room = width - digits - len(" | ") - (2 if self._is_block else 0)
        self._room = max(room, 20)
        self._left = self._choose_left()

    def rows(self, top: int, bottom: int) -> list[str]:
        rows = [self._row("", "")]
        hidden = range(0)
        if self._last - self._first >= _LONGEST:
            hidden = range(self._first + _SHOWN_HEAD, self._last - _SHOWN_TAIL + 1)
        for row in range(top, bottom + 1):
            if row in hidden:
                if row == hidden[0]:
                    rows.append(self._painter.gutter(_CUT))
                continue
            rows += self._source_rows(row)
        rows.append(self._row("", ""))
        return rows

    def _source_rows(self, row: int) -> list[str]:
        text = _window(_displayed(self._lines[row - 1]), self._left, self._room)
        if not self._is_block:
            shown = [self._row(str(row), text)]
            if row == self._first:
                shown.append(self._row("", self._mark(self._carets())))
            return shown
        return self._block_rows(row, text)

    def _block_rows(self, row: int, text: str) -> list[str]:
        """A row of a range over several rows, which a bar on the left holds together."""
        if row == self._first and self._starts_line:
            return [self._row(str(row), self._mark("/ ") + text)]
        if row == self._first:
            return [
                self._row(str(row), "  " + text),
                self._row("", self._mark(" " + "_" * (self._inside(self._start) + 1) + "^")),
            ]
        bar = self._mark("| ") if self._first < row <= self._last else "  "
        shown = [self._row(str(row), bar + text)]
        if row == self._last:
            end = max(self._inside(self._end), 1)
            shown.append(self._row("", self._mark("|" + "_" * end + "^")))
        return shown

    def _carets(self) -> str:
        start, end = self._inside(self._start), self._inside(self._end)
        return " " * start + "^" * max(end - start, 1)

    def _row(self, number: str, text: str) -> str:
        gutter = self._painter.gutter(f"{number:>{self._digits}} |")
        return f"{gutter} {text}".rstrip() if text else gutter

    def _mark(self, text: str) -> str:
        bare = text.lstrip(" ")
        return " " * (len(text) - len(bare)) + self._painter.mark(bare)

    def _inside(self, cell: int) -> int:
        """Where a cell of the line is within the window."""
        return min(max(cell - self._left, 0), self._room)

    def _choose_left(self) -> int:
        """The first cell to show, so that a long line shows the range and not its beginning."""
        focus = self._end if not self._is_block else self._start + 1
        if focus + len(_CUT) <= self._room:
            return 0
        length = min(focus - self._start, self._room)
        return max(0, self._start - (self._room - length) // 2)


def _displayed(line: str) -> str:
    return visible(line.replace("\t", _TAB))


def _cell(line: str, column: int) -> int:
    """The cell at which the character of this column (from 1) is displayed."""
    return cell_len(_displayed(line[: max(column - 1, 0)]))


def _window(text: str, left: int, room: int) -> str:
    """The cells from ``left`` to ``left + room``, with dots where something is cut off."""
    total = cell_len(text)
    if left == 0 and total <= room:
        return text
    low = left + len(_CUT) if left else 0
    high = left + room - len(_CUT) if total > left + room else left + room
    shown, cell = [], 0
    for character in text:
        size = cell_len(character)
        if cell >= low and cell + size <= high:
            shown.append(character)
        elif low < cell + size and cell < high:  # half of a wide character
            shown.append(" " * (min(cell + size, high) - max(cell, low)))
        cell += size
        if cell >= high:
            break
    return (_CUT if left else "") + "".join(shown) + (_CUT if total > left + room else "")
