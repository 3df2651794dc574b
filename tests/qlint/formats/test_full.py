from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from qlint.diagnostics import Diagnostic, Position, TraceStep
from qlint.formats import full
from qlint.formats._report import Report, SourceReader


def finding(
    start: tuple[int, int],
    end: tuple[int, int],
    *,
    filename: str = "/p/a.py",
    message: str = "wrong",
    help: str = "",  # noqa: A002
    trace: tuple[TraceStep, ...] = (),
) -> Diagnostic:
    return Diagnostic(
        "QL101",
        "raw-add",
        message,
        "error",
        filename,
        Position(*start),
        Position(*end),
        start[0],
        end[0],
        help,
        trace,
    )


def show(
    source: str | bytes, *found: Diagnostic, width: int = 140, color: bool = False
) -> list[str]:
    content = source.encode() if isinstance(source, str) else source
    reader = SourceReader({Path("/p/a.py"): content})
    stream = io.StringIO()
    full.write(Report(found, reader, Path("/p"), color=color, width=width), stream)
    return stream.getvalue().splitlines()


def excerpt(source: str | bytes, start: tuple[int, int], end: tuple[int, int], **how: int) -> str:
    """The lines between the arrow and the summary, without the blank end."""
    return "\n".join(show(source, finding(start, end), **how)[2:-2])  # type: ignore[arg-type]


def test_a_whole_report() -> None:
    step = TraceStep("/p/a.py", Position(1, 1), Position(1, 2), "quantized here")
    outside = TraceStep("/q/b.py", Position(3, 1), Position(3, 2), "passed on here")
    found = finding((2, 3), (2, 8), help="use add", trace=(step, outside))
    assert show("x = q\n  x + y\nz\n", found) == [
        "QL101 [raw-add] wrong",
        " --> a.py:2:3",
        "  |",
        "1 | x = q",
        "2 |   x + y",
        "  |   ^^^^^",
        "3 | z",
        "  |",
        "how it got there:",
        "  1. a.py:1:1: quantized here",
        "       x = q",
        "  2. /q/b.py:3:1: passed on here",
        "help: use add",
        "",
        "Found 1 error.",
    ]


def test_nothing_found() -> None:
    assert show("") == ["All checks passed!"]


def test_context_is_two_lines_without_blank_edges() -> None:
    source = "a\n\n\nb + b\n\nc\nd\n"
    assert excerpt(source, (4, 1), (4, 6)) == "  |\n4 | b + b\n  | ^^^^^\n5 |\n6 | c\n  |"


def test_numbers_are_aligned() -> None:
    source = "\n".join(f"line{row}" for row in range(1, 20))
    shown = show(source, finding((9, 1), (9, 6)))
    assert shown[1:] == [
        "  --> a.py:9:1",
        "   |",
        " 7 | line7",
        " 8 | line8",
        " 9 | line9",
        "   | ^^^^^",
        "10 | line10",
        "11 | line11",
        "   |",
        "",
        "Found 1 error.",
    ]


@pytest.mark.parametrize(
    ("line", "start", "end", "shown", "carets"),
    [
        ("\tx + y", 2, 7, "    x + y", "    ^^^^^"),
        ("x\t+\ty", 1, 6, "x    +    y", "^^^^^^^^^^^"),
        ("f('日本', x + y)", 9, 14, "f('日本', x + y)", "          ^^^^^"),
        ("'日本' + x", 1, 9, "'日本' + x", "^^^^^^^^^^"),
        ("e\u0301 + x", 1, 7, "e\u0301 + x", "^^^^^"),
        ("a\x0cb\x1b[31m", 2, 4, "a␌b␛[31m", " ^^"),
        ("a\x9b31m \u202eb", 1, 2, "a\ufffd31m \ufffdb", "^"),
        ("x", 1, 1, "x", "^"),
        ("x +", 4, 4, "x +", "   ^"),
        ("x +", 99, 120, "x +", "   ^"),
        ("x + y", 5, 2, "x + y", "    ^"),
    ],
)
def test_carets_are_under_the_range(
    line: str, start: int, end: int, shown: str, carets: str
) -> None:
    assert excerpt(line, (1, start), (1, end)) == f"  |\n1 | {shown}\n  | {carets}\n  |"


def test_a_range_of_several_rows_from_the_start_of_a_line() -> None:
    source = "a\n  f(\n    x,\n  )\nb"
    assert excerpt(source, (2, 3), (4, 4)).splitlines() == [
        "  |",
        "1 |   a",
        "2 | /   f(",
        "3 | |     x,",
        "4 | |   )",
        "  | |___^",
        "5 |   b",
        "  |",
    ]


def test_a_range_of_several_rows_from_within_a_line() -> None:
    source = "a = f(\n  x,\n)"
    assert excerpt(source, (1, 5), (3, 2)).splitlines() == [
        "  |",
        "1 |   a = f(",
        "  |  _____^",
        "2 | |   x,",
        "3 | | )",
        "  | |_^",
        "  |",
    ]


def test_the_middle_of_a_long_range_is_left_out() -> None:
    source = "\n".join(["f(", *(f"  {row}," for row in range(2, 20)), ")"])
    rows = excerpt(source, (1, 1), (20, 2)).splitlines()
    assert rows[1:] == [
        " 1 | / f(",
        " 2 | |   2,",
        " 3 | |   3,",
        " 4 | |   4,",
        "...",
        "19 | |   19,",
        "20 | | )",
        "   | |_^",
        "   |",
    ]


def test_a_range_that_ends_with_the_line() -> None:
    assert excerpt("ab\ncd\n", (1, 1), (2, 1)) == "  |\n1 | ab\n  | ^^\n2 | cd\n  |"


@pytest.mark.parametrize("width", [30, 60, 140, 0])
@pytest.mark.parametrize("at", [1, 40, 500, 1990])
@pytest.mark.parametrize("fill", ["ab", "日", "\t"])
def test_long_lines_are_cut_around_the_range(width: int, at: int, fill: str) -> None:
    line = (fill * 2000)[: at - 1] + "MARK" + (fill * 2000)[:2000]
    _, source, carets, _ = excerpt(line, (1, at), (1, at + 4), width=width).splitlines()
    assert "MARK" in source
    from rich.cells import cell_len

    assert cell_len(source) <= max(width, 24)
    before = source[: source.index("MARK")]
    assert carets[4:] == " " * (cell_len(before) - 4) + "^^^^"
    assert source.endswith("...")
    assert ("..." in before) == (
        cell_len(line[: at + 3].replace("\t", " " * 4)) + 3 > max(width - 4, 20)
    )


def test_a_long_range_shows_its_start() -> None:
    _, source, carets, _ = excerpt("x" * 500, (1, 101), (1, 401), width=50).splitlines()
    assert len(source) <= 50
    assert len(carets) <= 50
    assert set(carets[4:]) == {"^"}


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbfx = 1\r\nx + y\r\nz\r\n",
        "# coding: latin-1\nx + y # é\nz".encode("latin-1"),
        b"# coding: nonsense\nx + y\nz",
        b"\xff\xfe\nx + y\nz",
        b"a\x0c\rx + y\rz",
        "s = '\u2028'\nx + y".encode(),
    ],
)
def test_rows_are_those_of_the_parser_in_every_encoding(source: bytes) -> None:
    assert "\n2 | x + y" in excerpt(source, (2, 1), (2, 6))


def test_a_bom_moves_no_column() -> None:
    assert "\n1 | x + y\n  | ^^^^^" in excerpt(b"\xef\xbb\xbfx + y\n", (1, 1), (1, 6))


@pytest.mark.parametrize("row", [2, 50])
def test_a_file_that_became_shorter(row: int) -> None:
    assert show("x", finding((row, 1), (row, 5)))[:2] == [
        "QL101 [raw-add] wrong",
        f" --> a.py:{row}:1",
    ]


def test_a_range_beyond_the_end_stops_at_the_end() -> None:
    assert "2 | | yy\n  | |__^" in excerpt("x\nyy", (1, 1), (9, 9))


@pytest.mark.parametrize("content", [None, b""])
def test_a_file_that_is_gone_or_empty(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "gone.py"
    if content is not None:
        file.write_bytes(content)
    step = TraceStep(str(file), Position(1, 1), Position(1, 1), "quantized here")
    found = finding((1, 1), (1, 1), filename=str(file), trace=(step,))
    stream = io.StringIO()
    full.write(Report([found], SourceReader(), tmp_path), stream)
    assert "QL101 [raw-add] wrong\n --> gone.py:1:1\n" in stream.getvalue()
    assert "  1. gone.py:1:1: quantized here\n" in stream.getvalue()


def test_a_long_trace_is_cut_in_the_middle() -> None:
    steps = tuple(
        TraceStep("/p/a.py", Position(1, 1), Position(1, 2), f"step {number}")
        for number in range(1, 31)
    )
    shown = show("x", finding((1, 1), (1, 2), trace=steps))
    listed = [line.split(": ")[-1] for line in shown if ": step" in line]
    assert listed == [f"step {number}" for number in (1, 2, 3, 4, 25, 26, 27, 28, 29, 30)]
    assert sum("20 more steps" in line for line in shown) == 1


def test_messages_and_names_cannot_forge_lines() -> None:
    found = finding((1, 1), (1, 2), filename="/p/a\nb.py", message="a\nb\x1b[0m", help="c\rd")
    shown = show("x", found)
    assert shown[0] == "QL101 [raw-add] a␊b␛[0m"
    assert shown[1] == " --> a␊b.py:1:1"
    assert "help: c␍d" in shown


def test_colour_changes_nothing_but_the_colour() -> None:
    import click

    found = finding((1, 1), (2, 3), help="use add")
    colored = show("f(\n)  x\n", found, color=True)
    assert "\x1b[31m" in colored[0]
    assert [click.unstyle(line) for line in colored] == show("f(\n)  x\n", found)


@pytest.mark.parametrize(
    ("models", "line"),
    [
        (("A", "B"), "  the same in B"),
        (("A", "B", "C"), "  the same in B and C"),
        (("A", "B", "C", "D", "E", "F"), "  the same in B, C, D, E and 1 more model"),
        (tuple("ABCDEFGH"), "  the same in B, C, D, E and 3 more models"),
    ],
)
def test_other_models_are_named_once(models: tuple[str, ...], line: str) -> None:
    step = TraceStep("/p/a.py", Position(1, 1), Position(1, 2), "quantized here")
    found = replace(finding((1, 1), (1, 2), trace=(step,)), models=models)
    assert line in show("x\n", found)
    alone = replace(found, models=models[:1])
    assert not any("the same" in each for each in show("x\n", alone))
