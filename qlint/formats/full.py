"""Findings with their source, the way the value came, and what to do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qlint.formats._report import visible, write_summary, write_text_statistics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from qlint.diagnostics import Diagnostic, TraceStep
    from qlint.formats._report import Report

write_statistics = write_text_statistics

_LONGEST_TRACE = 12
_SHOWN_STEPS = (4, 6)
_SHOWN_MODELS = 4


def write(report: Report, stream: TextIO) -> None:
    """Write all findings and the summary."""
    for found in report.diagnostics:
        for line in _finding(report, found):
            stream.write(line + "\n")
        stream.write("\n")
    write_summary(report, stream)


def _finding(report: Report, found: Diagnostic) -> Iterator[str]:
    # Here, not above: rich is slow to import, and most runs find nothing.
    from qlint.formats._excerpt import Painter, excerpt

    code = report.paint(
        found.code, fg="yellow" if found.severity == "warning" else "red", bold=True
    )
    yield f"{code} [{found.name}] {report.paint(visible(found.message), bold=True)}"
    blue = partial(report.paint, fg="blue", bold=True)
    painter = Painter(gutter=blue, mark=partial(report.paint, fg="red", bold=True))
    digits, rows = excerpt(
        report.source.lines(found.filename),
        found.location,
        found.end_location,
        report.width,
        painter,
    )
    row, column = found.location.row, found.location.column
    yield f"{' ' * digits}{blue('-->')} {report.path(found.filename)}:{row}:{column}"
    yield from rows
    if found.trace:
        yield f"{report.paint('how it got there:', bold=True)}"
        yield from _trace(report, found.trace)
        if len(found.models) > 1:
            yield f"  the same in {_listed(found.models[1:])}"
    if found.help:
        yield f"{report.paint('help:', fg='cyan', bold=True)} {visible(found.help)}"
    if found.no_fix:
        yield f"{report.paint('no automatic fix:', bold=True)} {visible(found.no_fix)}"


def _trace(report: Report, steps: Sequence[TraceStep]) -> Iterator[str]:
    digits = len(str(len(steps)))
    head, tail = _SHOWN_STEPS
    for number, step in enumerate(steps, 1):
        if len(steps) > _LONGEST_TRACE and head < number <= len(steps) - tail:
            if number == head + 1:
                count = len(steps) - head - tail
                yield f"  {'':>{digits}}  ... {count} more steps (--output-format json has all)"
            continue
        place = f"{report.path(step.filename)}:{step.location.row}:{step.location.column}"
        yield f"  {number:>{digits}}. {place}: {visible(step.message)}"
        line = report.source.line(step.filename, step.location.row)
        if line is not None and line.strip():
            yield f"  {'':>{digits}}    {_shortened(visible(line.strip()), report.width - 8)}"


def _listed(names: Sequence[str]) -> str:
    """Some names, and how many there are besides."""
    shown, more = names[:_SHOWN_MODELS], len(names) - _SHOWN_MODELS
    if more > 0:
        return f"{', '.join(shown)} and {more} more model{'s' if more > 1 else ''}"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width, 20) - 3] + "..."
