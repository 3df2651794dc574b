"""The comments of a file, and whether they say something to qlint."""

from __future__ import annotations

import io
import re
import tokenize
from typing import TYPE_CHECKING

from qlint.syntax.model import CommentLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Going through all tokens takes longer than the parse, and few files have such comments.
_SPOKEN_TO = re.compile("noqa|qlint:", re.IGNORECASE)
_LONE_RETURN = re.compile(r"\r(?!\n)")


def comments_in(text: str, line_starts: Sequence[int]) -> Iterator[CommentLine]:
    """All comments of a text, if any of them can be meant for qlint."""
    if _SPOKEN_TO.search(text) is not None:
        yield from all_comments(text, line_starts)


def all_comments(text: str, line_starts: Sequence[int]) -> Iterator[CommentLine]:
    """All comments of a text."""
    lines = io.StringIO(_LONE_RETURN.sub("\n", text), newline="")
    try:
        for token in tokenize.generate_tokens(lines.readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                yield CommentLine(line_starts[row - 1] + column, token.string)
    except (tokenize.TokenError, SyntaxError):  # at the end of what the parser has taken
        return
