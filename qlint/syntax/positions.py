"""From the places that ``ast`` counts, rows and columns in UTF-8 bytes, to offsets into a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from typing import TypeAlias

    Placed: TypeAlias = "ast.expr | ast.stmt | ast.arg | ast.keyword | ast.pattern"

# The rows of the parser, not those of str.splitlines(), which also ends lines at form feeds.
LINE_END = re.compile(r"\r\n|\r|\n")
# What can stand between the last part of a header and its colon.
_COLON = re.compile(r"(?:[^:#]|#[^\r\n]*)*?:")


class Positions:
    """Where the nodes of a syntax tree stand in its text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line_starts = (0, *(match.end() for match in LINE_END.finditer(text)))
        self._is_ascii = text.isascii()

    def span(self, node: Placed) -> tuple[int, int]:
        """Start and end of a node."""
        start, row = node.col_offset, node.lineno
        end, last = node.end_col_offset, node.end_lineno
        assert end is not None
        assert last is not None
        if self._is_ascii:
            starts = self.line_starts
            return starts[row - 1] + start, starts[last - 1] + end
        return self._offset(row, start), self._offset(last, end)

    def _offset(self, row: int, column: int) -> int:
        start = self.line_starts[row - 1]
        # A character takes one byte at least.
        before = self.text[start : start + column].encode()[:column]
        return start + len(before.decode(errors="ignore"))

    def header_end(self, behind: int) -> int:
        """The end of a compound statement's header whose last part ends at ``behind``."""
        colon = _COLON.match(self.text, behind)
        assert colon is not None
        return behind + len(self.text[behind : colon.end() - 1].rstrip())
