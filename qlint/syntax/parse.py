"""From a file's bytes to its syntax model."""

from __future__ import annotations

import io
import re
import tokenize
import warnings

import libcst as cst

from qlint.syntax import model
from qlint.syntax.cursor import Cursor
from qlint.syntax.errors import SourceError
from qlint.syntax.statements import StatementLowering

_LINE_END = re.compile(r"\r\n|\r|\n")


def decode(content: bytes) -> str:
    """Decode a Python file as its BOM or coding line says, UTF-8 otherwise.

    Raises:
        SourceError: The coding line names no encoding, or the bytes are not in it.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise SourceError(f"the file is not valid {error.encoding}", row) from None
    except (SyntaxError, LookupError) as error:
        row = 1
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as bad:
            row = content.count(b"\n", 0, bad.start) + 1
        raise SourceError(str(error).removesuffix(" for '<string>'"), row) from None


def _syntax_error(text: str, error: cst.ParserSyntaxError) -> SourceError:
    # Python's own message says best what is wrong, if this Python does not know the code either.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", dont_inherit=True)
    except SyntaxError as known:
        return SourceError(f"syntax error: {known.msg}", known.lineno or 1, known.offset or 1)
    except (ValueError, RecursionError, MemoryError, OverflowError):
        pass
    message = error.message.split(". ")[0].strip()
    return SourceError(message, error.raw_line, error.raw_column + 1)


def parse(text: str) -> model.File:
    """Parse and lower one file.

    Raises:
        SourceError: The text is not Python that libcst knows, or is nested too deeply.
    """
    try:
        tree = cst.parse_module(text)
        cursor = Cursor(text)
        body = StatementLowering(cursor).lower_body(tree.body)
        cursor.skip_blanks()
    except cst.ParserSyntaxError as error:
        raise _syntax_error(text, error) from None
    except RecursionError:
        raise SourceError("the code is nested too deeply to be analysed") from None
    line_starts = (0, *(match.end() for match in _LINE_END.finditer(text)))
    return model.File(body, tuple(cursor.comments), line_starts)
