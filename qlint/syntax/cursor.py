"""Finding where the tokens of a syntax tree stand in its text.

libcst keeps every blank and comment but no positions; its position provider generates the whole
file again to find them, which takes longer than the parse. The lowering walk visits all tokens in
order anyway, so a cursor that skips blanks and then steps over the next token is enough.
"""

from __future__ import annotations

import re

from qlint.syntax.model import CommentLine

_BLANKS = re.compile(r"(?:[ \t\f\r\n]+|\\\r?\n|\\\r|(#)[^\r\n]*)+")
_COMMENT = re.compile(r"#[^\r\n]*")


class Cursor:
    """A place in a text that moves from token to token."""

    __slots__ = ("at", "comments", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.comments: list[CommentLine] = []

    def skip_blanks(self) -> int:
        """Move to the next token, keeping the comments on the way; return its offset."""
        blanks = _BLANKS.match(self.text, self.at)
        if blanks is not None:
            if blanks.lastindex is not None:
                self._keep_comments(*blanks.span())
            self.at = blanks.end()
        return self.at

    def take(self, token: str) -> int:
        """Step over ``token``, which comes next; return the offset where it starts.

        Raises:
            LookupError: Something else comes next. The tree is not this text's.
        """
        start = self.at
        if not self.text.startswith(token, start):
            start = self.skip_blanks()
            if not self.text.startswith(token, start):
                found = self.text[start : start + 20]
                raise LookupError(f"expected {token!r} at offset {start}, found {found!r}")
        self.at = start + len(token)
        return start

    def _keep_comments(self, start: int, end: int) -> None:
        self.comments += (
            CommentLine(comment.start(), comment.group())
            for comment in _COMMENT.finditer(self.text, start, end)
        )
