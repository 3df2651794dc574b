from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from qlint import formats
from qlint.diagnostics import Diagnostic, Position, TraceStep
from qlint.formats._report import Report, SourceReader

FOUND = Diagnostic(
    "QL101",
    "raw-add",
    "`x + 日` has no kernel",
    "error",
    "/p/sub/a.py",
    Position(3, 5),
    Position(4, 9),
    2,
    6,
    "help",
    (TraceStep("/q/b.py", Position(1, 2), Position(1, 7), "quantized here"),),
)
WARNING = Diagnostic(
    "QL002",
    "unused-suppression",
    "unused",
    "warning",
    "/px/b.py",
    Position(1, 1),
    Position(1, 2),
    1,
    1,
)


def show(name: str, *found: Diagnostic) -> str:
    stream = io.StringIO()
    formats.load(name).write(Report(found, SourceReader(), Path("/p")), stream)
    return stream.getvalue()


def test_every_file_is_a_format() -> None:
    assert formats.available() == ["concise", "full", "json"]
    for name in formats.available():
        assert callable(formats.load(name).write)


def test_concise() -> None:
    assert show("concise", FOUND, WARNING) == (
        "sub/a.py:3:5: QL101 `x + 日` has no kernel\n/px/b.py:1:1: QL002 unused\nFound 2 errors.\n"
    )
    assert show("concise") == "All checks passed!\n"


def test_json() -> None:
    text = show("json", FOUND, WARNING)
    assert text.isascii()
    first, second = json.loads(text)
    assert first == {
        "cell": None,
        "code": "QL101",
        "name": "raw-add",
        "message": "`x + 日` has no kernel",
        "severity": "error",
        "filename": "/p/sub/a.py",
        "location": {"row": 3, "column": 5},
        "end_location": {"row": 4, "column": 9},
        "noqa_row": 6,
        "fix": None,
        "url": None,
        "trace": [
            {
                "filename": "/q/b.py",
                "location": {"row": 1, "column": 2},
                "end_location": {"row": 1, "column": 7},
                "message": "quantized here",
            }
        ],
    }
    assert (second["severity"], second["trace"]) == ("warning", [])


def test_json_of_nothing_is_an_empty_array() -> None:
    assert json.loads(show("json")) == []


@pytest.mark.parametrize("name", ["a\nb.py", "a\x1b[2Jb.py"])
def test_a_file_name_cannot_forge_lines(name: str) -> None:
    found = Diagnostic(
        "QL101", "raw-add", "m", "error", f"/p/{name}", Position(1, 1), Position(1, 2), 1, 1
    )
    text = show("concise", found)
    assert text.count("\n") == 2
    assert "\x1b" not in text
    assert json.loads(show("json", found))[0]["filename"] == f"/p/{name}"
