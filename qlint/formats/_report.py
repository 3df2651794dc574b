"""What a format gets to show, and what several formats show alike."""

from __future__ import annotations

import io
import os
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qlint.syntax.positions import LINE_END

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

    from qlint.diagnostics import Diagnostic

_UNSAFE = (
    # Control characters have pictures; those above ASCII and those that reverse text do not.
    {code: 0x2400 + code for code in range(0x20)}
    | {0x7F: 0x2421}
    | dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)
)


class SourceReader:
    """The lines of files, as they are when a report needs them."""

    def __init__(self, overlay: Mapping[Path, bytes] | None = None) -> None:
        self._overlay = {os.path.abspath(path): text for path, text in (overlay or {}).items()}
        self._lines: dict[str, Sequence[str]] = {}

    def lines(self, filename: str) -> Sequence[str]:
        """All lines, without their ends; none if the file cannot be read (any more)."""
        if filename not in self._lines:
            self._lines[filename] = self._read(os.path.abspath(filename))
        return self._lines[filename]

    def line(self, filename: str, row: int) -> str | None:
        """One line, or None if there is no such row."""
        lines = self.lines(filename)
        return lines[row - 1] if 0 < row <= len(lines) else None

    def _read(self, filename: str) -> Sequence[str]:
        try:
            content = self._overlay.get(filename)
            if content is None:
                content = Path(filename).read_bytes()
        except (OSError, ValueError):
            return ()
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        except (SyntaxError, LookupError):
            encoding = "utf-8-sig"
        return LINE_END.split(content.decode(encoding, "replace"))


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in their order, and how they may be shown."""

    diagnostics: Sequence[Diagnostic]
    source: SourceReader
    cwd: Path
    color: bool = False
    width: int = 140
    fixed: int = 0
    unsafe_fixes: bool = False

    def path(self, filename: str) -> str:
        """A file's name for people: relative if it lies below the current directory."""
        prefix = os.path.join(self.cwd, "")  # noqa: PTH118
        return visible(filename.removeprefix(prefix))

    def paint(self, text: str, **style: str | bool) -> str:
        """Colour a text, if the report has colours; ``style`` as in ``click.style``."""
        return click.style(text, **style) if self.color else text  # type: ignore[arg-type]


def visible(text: str) -> str:
    """Replace control characters: they could garble the terminal, or forge lines."""
    return text if text.isprintable() else text.translate(_UNSAFE)


def write_summary(report: Report, stream: TextIO) -> None:
    """Say how many findings there are, and how many of them could be fixed."""
    count = len(report.diagnostics)
    if report.fixed:
        total = count + report.fixed
        stream.write(f"Found {errors(total)} ({report.fixed} fixed, {count} remaining).\n")
    elif count:
        stream.write(f"Found {errors(count)}.\n")
    else:
        stream.write("All checks passed!\n")
    fixes = [found.fix for found in report.diagnostics if found.fix is not None]
    safe = sum(fix.applicability == "safe" or report.unsafe_fixes for fix in fixes)
    hidden = len(fixes) - safe
    more = f"{hidden} hidden fix{'es' if hidden != 1 else ''} can be enabled with --unsafe-fixes"
    if safe:
        behind = f" ({more})" if hidden else ""
        stream.write(f"{safe} fixable with the `--fix` option{behind}.\n")
    elif hidden:
        stream.write(f"No fixes available ({more}).\n")


def errors(count: int) -> str:
    """So many errors, in words."""
    return f"{count} error{'s' if count != 1 else ''}"


def count_by_rule(report: Report) -> list[tuple[int, str, str]]:
    """How often each rule found something: count, code, name; the most frequent first."""
    counts = Counter((found.code, found.name) for found in report.diagnostics)
    rows = [(count, code, name) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[0], row[1]))


def write_text_statistics(report: Report, stream: TextIO) -> None:
    """Write the counts as a table, and the summary."""
    rows = count_by_rule(report)
    width = max((len(str(count)) for count, _, _ in rows), default=0)
    for count, code, name in rows:
        code = report.paint(code, fg="red", bold=True)
        stream.write(f"{count:>{width}}\t{code}\t{name}\n")
    write_summary(report, stream)
