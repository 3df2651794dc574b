"""Whole programs, as people write them: what qlint reports is what their marks say."""

from __future__ import annotations

from pathlib import Path

import pytest
from marked import marks

from qlint.config import Settings
from qlint.engine import lint

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize(
    "program", [pytest.param(each, id=each.stem) for each in sorted(PROGRAMS.iterdir())]
)
def test_findings_are_the_marked_lines(program: Path) -> None:
    files = sorted(program.rglob("*.py")) if program.is_dir() else [program]
    settings = Settings(root=PROGRAMS, assume_quantized=program.stem.startswith("assume_"))
    found = sorted(
        {(Path(each.filename).name, each.location.row, each.code) for each in lint(files, settings)}
    )
    expected = sorted({(file.name, *mark) for file in files for mark in marks(file.read_text())})
    missed = sorted(set(expected) - set(found))
    unexpected = sorted(set(found) - set(expected))
    assert not missed
    assert not unexpected
