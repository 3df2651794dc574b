"""``--fix``, ``--diff`` and ``--unsafe-fixes``: what is written, and that nothing else is."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from qlint import cli, fixing
from qlint.config import Settings

NET = """\
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.bias = nn.Parameter()

    def forward(self, x):
        x = self.quant(x)
        x = x + x
        x = x * self.bias
        for _ in range(x.dim()):
            x = x * 2
        return self.dequant(x)
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path


def run(*arguments: str) -> int:
    return cli.main(["--isolated", *arguments])


def test_fix_writes_the_safe_fixes(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--fix", "net.py") == 1
    assert "x = self.add.add(x, x)" in net.read_text()
    assert "x = x * self.bias" in net.read_text()
    out = capsys.readouterr().out
    assert "Found 3 errors (1 fixed, 2 remaining)." in out
    assert "No fixes available (1 hidden fix can be enabled with --unsafe-fixes)." in out


def test_unsafe_fixes_are_applied_when_asked_for(net: Path) -> None:
    assert run("--fix", "--unsafe-fixes", "net.py") == 1
    assert "x = self.mul.mul(x, self.mul_quant(self.bias))" in net.read_text()
    assert run("--fix", "--unsafe-fixes", "--ignore", "QL107", "net.py") == 0


def test_without_fix_nothing_is_written(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("net.py") == 1
    assert run("--unsafe-fixes", "net.py") == 1
    assert net.read_text() == NET
    out = capsys.readouterr().out
    assert "1 fixable with the `--fix` option (1 hidden fix can be enabled" in out
    assert "2 fixable with the `--fix` option.\n" in out


@pytest.mark.parametrize("also", [[], ["--fix"]])
def test_diff_shows_and_writes_nothing(
    net: Path, capsys: pytest.CaptureFixture[str], also: list[str]
) -> None:
    assert run("--diff", *also, "net.py") == 1
    assert net.read_text() == NET
    out, error = capsys.readouterr()
    assert out.startswith("--- net.py\n+++ net.py\n@@ -1,16 +1,18 @@\n")
    assert "-        x = x + x\n+        x = self.add.add(x, x)\n" in out
    assert error == "Would fix 1 error.\n"


def test_diff_of_what_cannot_be_fixed(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--diff", "--select", "QL107", "net.py") == 0
    assert capsys.readouterr() == ("", "No errors would be fixed.\n")


def test_what_is_not_selected_or_suppressed_is_not_fixed(net: Path) -> None:
    text = NET.replace("x = x + x", "x = x + x  # noqa: QL101")
    net.write_text(text)
    run("--fix", "net.py")
    assert net.read_text() == text
    net.write_text(NET)
    run("--fix", "--ignore", "QL101", "net.py")
    assert net.read_text() == NET


def test_a_suppressed_line_is_not_edited_for_another_finding(net: Path) -> None:
    text = NET.replace("x = x * self.bias", "x = nn.functional.relu(x)  # qlint: ignore[QL201] so")
    net.write_text(text)
    run("--fix", "net.py")
    assert net.read_text() == text
    run("--fix", "--select", "QL", "net.py")
    assert "nn.functional.relu(x)  # qlint: ignore[QL201] so" in net.read_text()


def test_json_shows_the_edits(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("--output-format", "json", "net.py")
    added, multiplied, scaled = json.loads(capsys.readouterr().out)
    assert added["fix"]["applicability"] == "safe"
    assert multiplied["fix"]["applicability"] == "unsafe"
    assert scaled["fix"] is None
    lines = NET.splitlines(keepends=True)
    for edit in reversed(added["fix"]["edits"]):
        start, end = edit["location"], edit["end_location"]
        assert start["row"] == end["row"]
        line = lines[start["row"] - 1]
        head, tail = line[: start["column"] - 1], line[end["column"] - 1 :]
        lines[start["row"] - 1] = head + edit["content"] + tail
    run("--fix", "net.py")
    assert "".join(lines) == net.read_text()


def test_full_says_why_there_is_no_fix(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("net.py")
    assert "no automatic fix: it runs in a loop" in capsys.readouterr().out


def test_standard_input_is_fixed_to_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(NET.encode())))
    assert run("--fix", "-") == 1
    out, error = capsys.readouterr()
    assert "x = self.add.add(x, x)" in out
    assert error == "Fixed 1 error.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encoding_and_line_ends_stay(net: Path, encoding: str, line_end: str) -> None:
    text = NET.replace("x + x", "x + x  # größer")
    if encoding == "latin-1":
        text = f"# coding: latin-1\n{text}"
    net.write_bytes(text.replace("\n", line_end).encode(encoding))
    run("--fix", "net.py")
    content = net.read_bytes()
    fixed = content.decode(encoding)
    assert "self.add.add(x, x)  # größer" in fixed
    assert fixed.count("\n") == fixed.count(line_end) == text.count("\n") + 2
    if encoding == "utf-8-sig":
        assert content.startswith(b"\xef\xbb\xbf")


def test_permissions_and_links_stay(net: Path) -> None:
    net.chmod(0o640)
    link = net.parent / "link.py"
    link.symlink_to(net)
    run("--fix", "link.py")
    assert link.is_symlink()
    assert stat.S_IMODE(net.stat().st_mode) == 0o640
    assert "self.add.add" in net.read_text()


def test_a_file_that_changes_meanwhile_is_left(
    net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = fixing.Fixed.changed

    def edited(self: fixing.Fixed) -> object:
        net.write_text("# edited\n")
        return changed(self)

    monkeypatch.setattr(fixing.Fixed, "changed", edited)
    assert run("--fix", "net.py") == 2
    assert net.read_text() == "# edited\n"
    assert "has changed while it was being fixed" in capsys.readouterr().err


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_an_interruption_leaves_the_file_whole(
    net: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os if broken == "fsync" else Path, broken, interrupt)
    assert run("--fix", "net.py") == 130
    assert net.read_text() == NET
    assert list(net.parent.iterdir()) == [net]


def test_a_file_that_cannot_be_written_is_said(
    net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(fixing.tempfile, "mkstemp", refuse)
    assert run("--fix", "net.py") == 2
    assert net.read_text() == NET
    assert capsys.readouterr().err == "qlint: error: net.py cannot be written: Permission denied\n"


def test_classes_outside_the_given_paths_are_not_edited(tmp_path: Path) -> None:
    base = tmp_path / "base.py"
    base.write_text(NET)
    (tmp_path / "net.py").write_text("from base import Net\n\n\nclass Mine(Net):\n    pass\n")
    path = tmp_path / "net.py"
    done = fixing.fix([path], Settings(tmp_path), {}, unsafe=True)
    assert list(done.changed()) == []
    assert base.read_text() == NET
