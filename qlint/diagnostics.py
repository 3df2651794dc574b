"""What a rule says about a place in the source: plain values that every output format reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
Applicability = Literal["safe", "unsafe"]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; rows and columns count from 1, columns in Unicode code points."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One stop on a value's way from the place that quantized it to the finding."""

    filename: str
    location: Position
    end_location: Position
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Text that stands in for a stretch of a file, which may be empty.

    ``filename`` is the absolute path of the file; ``rank`` orders what is put in at one place. What
    several fixes need ``once``, such as an import, is the same edit in each of them.
    """

    filename: str
    location: Position
    end_location: Position
    content: str
    rank: tuple[int, ...]
    once: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a file, its end exclusive."""

    filename: str
    location: Position
    end_location: Position


@dataclass(frozen=True, slots=True)
class Fix:
    """What would cure a finding.

    A ``safe`` fix changes neither what the float model computes nor where it is quantized; an
    ``unsafe`` one adds stubs. One that is put ``around`` a call of the code in some classes may be
    needless once that is fixed itself.
    """

    message: str
    applicability: Applicability
    edits: tuple[Edit, ...]
    around: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    ``location`` to ``end_location`` (end exclusive) is the expression that must change.
    ``first_row`` to ``last_row`` are the rows of the statement around it: a suppression
    comment on any of them applies. ``models`` are the classes of the models that come by here,
    the one of the ``trace`` first. ``no_fix`` says why a finding that others have a ``fix`` for
    has none.
    """

    code: str
    name: str
    message: str
    severity: Severity
    filename: str
    location: Position
    end_location: Position
    first_row: int
    last_row: int
    help: str = ""
    trace: tuple[TraceStep, ...] = ()
    models: tuple[str, ...] = ()
    fix: Fix | None = None
    no_fix: str = ""

    @property
    def sort_key(self) -> tuple[str, Position, str]:
        """Order of reports: by file, then place, then code."""
        return (self.filename, self.location, self.code)
