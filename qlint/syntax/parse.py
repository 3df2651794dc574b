"""From a file's bytes to its syntax model."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings

from qlint.syntax import model
from qlint.syntax.comments import comments_in
from qlint.syntax.errors import SourceError
from qlint.syntax.positions import Positions
from qlint.syntax.statements import StatementLowering


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
    except (SyntaxError, LookupError, UnicodeError) as error:
        row = 1
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as bad:
            row = content.count(b"\n", 0, bad.start) + 1
        raise SourceError(str(error).removesuffix(" for '<string>'"), row) from None


def encode(text: str, like: bytes) -> bytes:
    """A text in the encoding of the file that it was decoded from, which it still names."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(like).readline)
    return text.encode(encoding)


def is_python(source: str | bytes) -> bool:
    """Whether a file can be parsed; lowering it, which takes longer, is not tried."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def parse(text: str) -> model.File:
    """Parse and lower one file.

    Raises:
        SourceError: The text is not Python as the running version knows it, or is nested too
            deeply.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        positions = Positions(text)
        body = StatementLowering(positions).lower_body(tree.body)
    except SyntaxError as error:
        version = ".".join(map(str, sys.version_info[:2]))
        message = f"syntax error: {error.msg} (read as Python {version})"
        raise SourceError(message, error.lineno or 1, error.offset or 1) from None
    except ValueError as error:  # a NUL byte
        raise SourceError(str(error)) from None
    except (RecursionError, MemoryError):
        raise SourceError("the code is nested too deeply to be analysed") from None
    comments = tuple(comments_in(text, positions.line_starts))
    return model.File(body, comments, positions.line_starts)
