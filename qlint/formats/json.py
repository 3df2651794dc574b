"""A JSON array of objects with the keys that ruff gives them, plus ``trace``."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import TYPE_CHECKING, Any

from qlint.formats._report import count_by_rule

if TYPE_CHECKING:
    from typing import TextIO

    from qlint.diagnostics import Diagnostic, Fix, Position
    from qlint.formats._report import Report


def write(report: Report, stream: TextIO) -> None:
    """Write all findings."""
    _dump([_finding(found) for found in report.diagnostics], stream)


def write_statistics(report: Report, stream: TextIO) -> None:
    """Write how often each rule found something."""
    counts = count_by_rule(report)
    _dump([{"code": code, "name": name, "count": count} for count, code, name in counts], stream)


def _finding(found: Diagnostic) -> dict[str, Any]:
    return {
        "cell": None,
        "code": found.code,
        "name": found.name,
        "message": found.message,
        "severity": found.severity,
        "filename": _absolute(found.filename),
        "location": _place(found.location),
        "end_location": _place(found.end_location),
        # A comment on the last row is valid even if the statement ends in a long string.
        "noqa_row": found.last_row,
        "fix": None if found.fix is None else _fix(found.fix),
        "url": None,
        "trace": [
            {
                "filename": _absolute(step.filename),
                "location": _place(step.location),
                "end_location": _place(step.end_location),
                "message": step.message,
            }
            for step in found.trace
        ],
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability,
        "message": fix.message,
        "edits": [
            {
                "filename": edit.filename,
                "content": edit.content,
                "location": _place(edit.location),
                "end_location": _place(edit.end_location),
            }
            for edit in sorted(fix.edits, key=lambda each: (each.location, each.rank))
        ],
    }


def _place(position: Position) -> dict[str, int]:
    return {"row": position.row, "column": position.column}


@cache
def _absolute(filename: str) -> str:
    return os.path.abspath(filename)


def _dump(value: object, stream: TextIO) -> None:
    # ASCII survives every terminal and pipe; JSON can escape what is not.
    stream.write(json.dumps(value, indent=2) + "\n")
