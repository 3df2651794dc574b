"""One line a finding: ``path:line:col: CODE message``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.formats._report import visible, write_summary, write_text_statistics

if TYPE_CHECKING:
    from typing import TextIO

    from qlint.formats._report import Report

write_statistics = write_text_statistics


def write(report: Report, stream: TextIO) -> None:
    """Write all findings and the summary."""
    colon = report.paint(":", fg="cyan")
    for found in report.diagnostics:
        path = report.paint(report.path(found.filename), bold=True)
        place = f"{path}{colon}{found.location.row}{colon}{found.location.column}{colon}"
        code = report.paint(found.code, fg="red", bold=True)
        stream.write(f"{place} {code} {visible(found.message)}\n")
    write_summary(report, stream)
