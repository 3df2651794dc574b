from __future__ import annotations

from pathlib import Path

import pytest

from qlint.config import Selection, Settings
from qlint.diagnostics import Diagnostic, Position
from qlint.rules.base import Rule
from qlint.rules.files import FileError, UnusedSuppression
from qlint.rules.registry import collect
from qlint.suppression import Comment, apply, may_suppress


def make(code: str, name: str, default: bool = True) -> type[Rule]:
    return type("R", (Rule,), {"code": code, "name": name, "summary": "s", "default": default})


RULES = collect(
    [
        FileError,
        UnusedSuppression,
        make("QL101", "raw-add"),
        make("QL102", "raw-sub"),
        make("QL217", "unfused", default=False),
        make("TOY001", "toy-on-floor"),
    ]
)
SETTINGS = Settings(Path("/p"))


def finding(code: str = "QL101", row: int = 5, last: int | None = None) -> Diagnostic:
    place = Position(row, 9)
    name = RULES[code].name
    last = row if last is None else last
    return Diagnostic(code, name, "m", "error", "/p/a.py", place, place, row, last)


def left(
    found: list[Diagnostic], *comments: tuple[int, str], settings: Settings = SETTINGS
) -> list[str]:
    """What remains, as ``row:code``; for QL002 with column and message."""
    in_file = [Comment(row, 11, text) for row, text in comments]
    return [
        f"{each.location.row}:{each.location.column}: {each.message}"
        if each.code == "QL002"
        else f"{each.location.row}:{each.code}"
        for each in apply(found, {"/p/a.py": in_file}, settings, RULES)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# noqa",
        "#noqa",
        "# NOQA",
        "# because of x  # noqa",
        "# noqa: QL101",
        "# noqa:QL101",
        "# noqa : QL101",
        "# NoQA: ql101",
        "# noqa: F401, QL101",
        "# noqa: F401 QL101",
        "# noqa: QL101 because of x",
        "# noqa: QL101,",
        "# type: ignore # noqa: QL101",
        "# qlint: ignore[QL101]",
        "#qlint:ignore[ QL101 ]",
        "# qlint: ignore[raw-add] it is float here",
        "# qlint: Ignore[Raw-Add]",
        "# noqa: F401 # qlint: ignore[QL101]",
        "# qlint: skip-file",
    ],
)
def test_suppressing(text: str) -> None:
    assert left([finding()], (5, text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "# noqa: F401",
        "# noqa: because of x",
        "# noqa:",
        "# noqable",
        "# see QL101",
        "# flake8: noqa-not",
        "# qlint: quantized",
        "# qlint: this is prose about the linter",
        "# type: ignore[QL101]",
    ],
)
def test_not_suppressing_and_not_reported(text: str) -> None:
    assert left([finding()], (5, text)) == ["5:QL101"]
    assert left([], (5, text)) == []


@pytest.mark.parametrize("row", [5, 6, 8])
def test_every_row_of_the_statement_counts(row: int) -> None:
    assert left([finding(last=8)], (row, "# noqa: QL101")) == []


@pytest.mark.parametrize("row", [4, 9])
def test_other_rows_do_not(row: int) -> None:
    reported = f"{row}:19: unused suppression: `QL101` finds nothing here"
    assert sorted(left([finding(last=8)], (row, "# noqa: QL101"))) == sorted(["5:QL101", reported])


def test_other_files_do_not() -> None:
    comments = {"/p/b.py": [Comment(5, 1, "# noqa")]}
    assert len(apply([finding()], comments, SETTINGS, RULES)) == 1


def test_skip_file_counts_anywhere_and_for_everything() -> None:
    found = [finding(), finding("QL001", 1)]
    assert left(found, (99, "# qlint: skip-file"), (3, "# noqa: QL101")) == []


def test_only_the_named_codes_are_suppressed() -> None:
    found = [finding("QL101"), finding("QL102")]
    assert left(found, (5, "# qlint: ignore[QL102]")) == ["5:QL101"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# noqa", []),
        ("# noqa: F401", []),
        ("# noqa: QL101", ["5:19: unused suppression: `QL101` finds nothing here"]),
        ("# noqa: F401, QL101", ["5:25: unused suppression: `QL101` finds nothing here"]),
        ("# noqa: TOY001", ["5:19: unused suppression: `TOY001` finds nothing here"]),
        ("# noqa: TOY002", []),
        ("# qlint: ignore[raw-add]", ["5:27: unused suppression: `QL101` finds nothing here"]),
        ("# noqa: QL999", ["5:19: unknown rule `QL999`; --list-rules shows all of them"]),
        ("# noqa: QL1", ["5:19: unknown rule `QL1`; did you mean `QL101`?"]),
        ("# qlint: ignore[F401]", ["5:27: unknown rule `F401`; --list-rules shows all of them"]),
        ("# qlint: ignore[raw-ad]", ["5:27: unknown rule `raw-ad`; did you mean `raw-add`?"]),
        ("# qlint: ignore", ["5:11: `# qlint: ignore` names no rule and so suppresses nothing"]),
        ("# qlint: ignore[]", ["5:11: `# qlint: ignore` names no rule and so suppresses nothing"]),
        (
            "# qlint: ignore[QL1",
            ["5:11: `# qlint: ignore` names no rule and so suppresses nothing"],
        ),
        ("# qlint: skipfile", ["5:11: unknown directive `skipfile`; did you mean `skip-file`?"]),
        ("# qlint: skip_file", ["5:11: unknown directive `skip_file`; did you mean `skip-file`?"]),
    ],
)
def test_suppressions_that_do_nothing(text: str, expected: list[str]) -> None:
    reported = left([], (5, text))
    assert [line.partition("; --list")[0] for line in reported] == [
        line.partition("; --list")[0] for line in expected
    ]


def test_the_range_is_the_code_in_the_comment() -> None:
    comments = {"/p/a.py": [Comment(7, 3, "# noqa: QL102, QL101")]}
    reported = apply([finding(row=7)], comments, SETTINGS, RULES)
    assert [(each.location, each.end_location) for each in reported] == [
        (Position(7, 11), Position(7, 16))
    ]
    assert reported[0].code == "QL002"


def test_one_finding_uses_every_comment_that_names_it() -> None:
    assert left([finding(last=6)], (5, "# noqa: QL101"), (6, "# noqa: QL101")) == []


def test_a_code_that_is_off_in_this_run_is_not_unused() -> None:
    comment = (5, "# noqa: QL217, QL102")
    off = Settings(Path("/p"), overrides=Selection(ignore=("QL102",)))
    assert left([], comment, settings=off) == []
    every = Settings(Path("/p"), select=("ALL",))
    assert len(left([], comment, settings=every)) == 2


def test_findings_that_are_off_do_not_come_through() -> None:
    off = Settings(Path("/p"), ignore=("QL101",))
    assert left([finding(), finding("QL102")], settings=off) == ["5:QL102"]


def test_per_file_ignores() -> None:
    off = Settings(Path("/p"), per_file_ignores={"a.py": ("QL101",)})
    assert left([finding()], settings=off) == []
    assert left([], (5, "# noqa: QL101"), settings=off) == []
    elsewhere = Settings(Path("/p"), per_file_ignores={"b.py": ("QL101",)})
    assert left([finding()], settings=elsewhere) == ["5:QL101"]


def test_the_report_of_unused_suppressions_can_be_switched_off() -> None:
    comment = (5, "# noqa: QL101")
    assert left([], comment, settings=Settings(Path("/p"), ignore=("QL002",))) == []
    in_file = Settings(Path("/p"), per_file_ignores={"a.py": ("QL002",)})
    assert left([], comment, settings=in_file) == []


@pytest.mark.parametrize(
    "text",
    [
        "# noqa: QL101, QL002",
        "# qlint: ignore[QL101, QL002]",
        "# noqa: QL101  # qlint: ignore[unused-suppression]",
        "# qlint: ignore[QL999, QL002]",
        "# noqa: QL002",
    ],
)
def test_the_report_of_unused_suppressions_can_be_suppressed(text: str) -> None:
    assert left([], (5, text)) == []


def test_files_come_out_sorted() -> None:
    comments = {"/p/a.py": [Comment(9, 1, "# noqa: QL101"), Comment(1, 1, "# noqa: QL102")]}
    result = apply([finding("QL102", 7), finding("QL101", 3)], comments, SETTINGS, RULES)
    assert [each.location.row for each in result] == [1, 3, 7, 9]


def test_files_with_findings_need_no_comments() -> None:
    assert apply([finding()], {}, SETTINGS, RULES) == [finding()]


def test_may_suppress() -> None:
    assert may_suppress(b"x  # NoQA: QL101")
    assert may_suppress(b"# qlint: skip-file")
    assert may_suppress(b"#  Qlint:ignore[QL101]")
    assert not may_suppress(b"import qlint  # quality")
    assert not may_suppress(b"import os  # noqa: F401")
    assert not may_suppress(b"import os  # noqa\nQL101 = 1")
