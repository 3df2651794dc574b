from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import qlint
from qlint import cli
from qlint.diagnostics import Diagnostic, Position

ENVIRONMENT = {
    **{
        name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR")
    },
    "PYTHONPATH": str(Path(qlint.__file__).parents[1]),
}

NET = """\
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        return self.dequant(x + x)
"""


class Engine:
    """Stands in for qlint.engine: remembers the call, finds what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any, Any]] = []
        self.found: list[Diagnostic] = []
        self.error: BaseException | None = None

    def lint(self, files: Any, settings: Any, overlay: Any, note: Any) -> list[Diagnostic]:
        self.calls.append((files, settings, overlay))
        if self.error is not None:
            raise self.error
        return self.found

    def find(self, path: Path, code: str = "QL101", name: str = "raw-add") -> None:
        start, end = Position(1, 5), Position(1, 10)
        self.found.append(Diagnostic(code, name, "no kernel", "error", str(path), start, end, 1, 1))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "a.py").write_text("y = x + x\n")
    return tmp_path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine()
    module = types.ModuleType("qlint.engine")
    module.lint = fake.lint  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "qlint.engine", module)
    return fake


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(here: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(arguments)
        out, err = capfd.readouterr()
        return code, out, err

    return run


def qlint_process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[Any]:
    options.setdefault("env", ENVIRONMENT)
    return subprocess.run(
        [sys.executable, "-m", "qlint", *arguments], capture_output=True, check=False, **options
    )


# --- exit codes ----------------------------------------------------------------------------------


def test_nothing_found(run: Run, engine: Engine) -> None:
    assert run("a.py") == (0, "All checks passed!\n", "")
    assert run("a.py", "--output-format", "json") == (0, "[]\n", "")


def test_something_found(run: Run, engine: Engine, here: Path) -> None:
    engine.find(here / "a.py")
    line = "a.py:1:5: QL101 no kernel\n"
    assert run("a.py", "--output-format=concise") == (1, line + "Found 1 error.\n", "")
    engine.find(here / "a.py")
    code, out, _ = run("a.py", "--output-format=concise", "--exit-zero")
    assert (code, out) == (0, line * 2 + "Found 2 errors.\n")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nope.py"], "cannot lint `nope.py`: No such file or directory"),
        (["a.py", ""], "cannot lint ``: No such file or directory"),
        (["--selekt", "QL1"], "No such option"),
        (["--output-format", "xml"], "'xml' is not one of"),
        (["--select", ","], "--select names no rule"),
        (["--select", "QL8"], "--select: unknown rule `QL8`"),
        (["--explain", "QL8"], "unknown rule `QL8`"),
        (["--config", "none.toml"], "none.toml: cannot be read"),
        (["--config", "a.py", "--isolated"], "--isolated and --config exclude each other"),
        (["--stdin-filename", "a.py", "a.py"], "--stdin-filename needs `-`"),
        (["-", "a.py"], "`-` cannot be combined with other paths"),
    ],
)
def test_wrong_usage_is_one_line(
    run: Run, engine: Engine, arguments: list[str], expected: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("qlint: error: ")
    assert expected in err
    assert err.count("\n") == 1
    assert engine.calls == []


def test_a_bug_is_one_line_unless_somebody_wants_to_know(run: Run, engine: Engine) -> None:
    engine.error = KeyError("two\nlines")
    code, out, err = run("a.py")
    assert (code, out) == (2, "")
    assert err.startswith("qlint: error: internal error (KeyError: ")
    assert "please report" in err
    assert err.count("\n") == 1
    code, _, err = run("a.py", "--verbose")
    assert code == 2
    assert "Traceback" in err


def test_an_interrupt(run: Run, engine: Engine) -> None:
    engine.error = KeyboardInterrupt()
    code, out, _ = run("a.py")
    assert (code, out) == (130, "")


# --- what reaches the engine ---------------------------------------------------------------------


def test_no_path_means_here(run: Run, engine: Engine, here: Path) -> None:
    run()
    assert engine.calls[0][0] == [here / "a.py"]


def test_options_reach_the_engine(run: Run, engine: Engine, here: Path) -> None:
    (here / "pyproject.toml").write_text(
        "[tool.qlint]\nselect = ['QL1']\nassume-quantized = true\nquantized = ['a.*']\n"
    )
    run("a.py", "--ignore", "QL102,QL103", "--ignore=raw-div", "--no-assume-quantized", "-v")
    settings = engine.calls[0][1]
    assert settings.select == ("QL1",)
    assert settings.overrides.ignore == ("QL102", "QL103", "QL104")
    assert settings.quantized == ("a.*",)
    assert not settings.assume_quantized
    assert settings.verbose
    run("a.py", "--isolated", "--assume-quantized", "--select", "ALL")
    settings = engine.calls[1][1]
    assert settings.select is None
    assert settings.overrides.select == ("ALL",)
    assert settings.assume_quantized


def test_a_mistake_in_the_configuration(run: Run, engine: Engine, here: Path) -> None:
    (here / "qlint.toml").write_text("selct = []\n")
    code, out, err = run("a.py")
    assert (code, out) == (2, "")
    assert err == f"qlint: error: {here}/qlint.toml: unknown key `selct`; did you mean `select`?\n"


def test_exclude(run: Run, engine: Engine, here: Path) -> None:
    code, out, err = run(".", "--extend-exclude", "a.py")
    assert (code, out) == (0, "All checks passed!\n")
    assert err == "qlint: warning: no Python files found under the given paths\n"
    assert engine.calls == []
    run("a.py", "--exclude", "a.py")
    assert engine.calls[0][0] == [here / "a.py"]
    run("a.py", "--exclude", "a.py", "--force-exclude")
    assert len(engine.calls) == 1


def test_verbose_says_what_is_done(run: Run, engine: Engine) -> None:
    _, _, err = run("a.py", "-v")
    assert "qlint: info: configuration: none\n" in err
    assert "qlint: info: 1 files in " in err


class Stdin:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def test_standard_input(
    run: Run, engine: Engine, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.find(here / "pkg/new.py")
    monkeypatch.setattr(sys, "stdin", Stdin(b"y = x + x\r\nz = 1\r\n"))
    code, out, _ = run("-", "--stdin-filename", "pkg/new.py")
    name = here / "pkg/new.py"
    assert engine.calls[0][0] == [name]
    assert engine.calls[0][2] == {name: b"y = x + x\r\nz = 1\r\n"}
    assert code == 1
    assert "--> pkg/new.py:1:5\n" in out
    assert "1 | y = x + x\n  |     ^^^^^\n2 | z = 1\n" in out


def test_standard_input_without_a_name(
    run: Run, engine: Engine, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.find(here / "<stdin>")
    monkeypatch.setattr(sys, "stdin", Stdin(b"y = x + x\n"))
    assert "--> <stdin>:1:5\n" in run("-")[1]


def test_standard_input_can_be_excluded(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"y = x + x\n"))
    run("-", "--stdin-filename", "build/a.py", "--force-exclude")
    assert engine.calls == []


# --- the rest of the output ----------------------------------------------------------------------


def test_statistics(run: Run, engine: Engine, here: Path) -> None:
    for code, name in [("QL101", "raw-add"), ("QL202", "reused-relu")] + [
        ("QL106", "raw-cat")
    ] * 10:
        engine.find(here / "a.py", code, name)
    code, out, _ = run("a.py", "--statistics")
    assert code == 1
    assert out == (
        "10\tQL106\traw-cat\n 1\tQL101\traw-add\n 1\tQL202\treused-relu\nFound 12 errors.\n"
    )
    _, out, _ = run("a.py", "--statistics", "--output-format=json")
    assert json.loads(out)[0] == {"code": "QL106", "name": "raw-cat", "count": 10}


def test_a_format_without_statistics(
    run: Run, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qlint.formats import concise

    monkeypatch.delattr(concise, "write_statistics")
    code, out, err = run("a.py", "--statistics", "--output-format=concise")
    assert (code, out) == (2, "")
    assert "the format `concise` has no --statistics" in err


def test_colour_follows_the_environment(
    run: Run, engine: Engine, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.find(here / "a.py")
    assert "\x1b" not in run("a.py")[1]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in run("a.py")[1]
    assert "\x1b[" in run("--explain", "QL001")[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("a.py")[1]
    assert "\x1b" not in run("--explain", "QL001")[1]


def test_explain_and_list_rules(run: Run) -> None:
    by_code, by_name = run("--explain", "ql001"), run("--explain", "file-error")
    assert by_code == by_name
    assert by_code[0] == 0
    assert by_code[1].startswith("# file-error (QL001)\n")
    code, out, _ = run("--list-rules")
    assert code == 0
    assert out.splitlines()[1].startswith("QL001  file-error")


def test_help_and_version(run: Run) -> None:
    assert run("--version") == (0, f"qlint {qlint.__version__}\n", "")
    code, out, _ = run("--help")
    assert code == 0
    assert "[concise|full|json]" in out


# --- as a process --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--version"], {"qlint.syntax.parse", "rich", "pathspec", "pluggy", "tomllib", "tomli"}),
        (["--help"], {"qlint.syntax.parse", "rich", "pathspec", "pluggy", "tomllib", "tomli"}),
        (["--list-rules"], {"qlint.syntax.parse", "rich", "pathspec"}),
        (["--explain", "QL001"], {"qlint.syntax.parse", "rich", "pathspec"}),
        (["--isolated", "empty"], {"qlint.syntax.parse", "rich", "pathspec"}),
    ],
)
def test_start_up_imports_little(here: Path, arguments: list[str], forbidden: set[str]) -> None:
    (here / "empty").mkdir()
    source = (
        "import sys; from qlint.cli import main; code = main(sys.argv[1:]);"
        "print(code, *sys.modules, file=sys.stderr)"
    )
    result = subprocess.run(
        [sys.executable, "-c", source, *arguments],
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    code, *modules = result.stderr.splitlines()[-1].split()
    assert code == "0", result.stderr
    assert "click" in modules
    assert not forbidden & set(modules)


def test_a_real_run(here: Path) -> None:
    (here / "net.py").write_text(NET)
    result = qlint_process("--isolated", ".", "--output-format", "json", text=True)
    assert (result.returncode, result.stderr) == (1, "")
    (found,) = json.loads(result.stdout)
    assert (found["code"], found["filename"]) == ("QL101", str(here / "net.py"))
    assert found["location"] == {"row": 12, "column": 29}


def test_a_terminal_without_unicode(here: Path) -> None:
    (here / "日本.py").write_text(NET.replace("x + x)", "x + x)  # 日本"), encoding="utf-8")
    environment = {**ENVIRONMENT, "PYTHONIOENCODING": "ascii"}
    result = qlint_process("--isolated", ".", env=environment, text=True)
    assert (result.returncode, result.stderr) == (1, "")
    assert r"\u65e5\u672c.py:12:29" in result.stdout


def test_a_name_that_is_not_unicode(here: Path) -> None:
    name = os.fsdecode(b"\xff.py")
    (here / name).write_text(NET)
    for form in ("concise", "json", "full"):
        result = qlint_process("--isolated", name, "--output-format", form)
        assert (result.returncode, result.stderr) == (1, b"")
        assert rb"\udcff.py" in result.stdout


def test_a_closed_pipe_is_quiet(here: Path) -> None:
    (here / "net.py").write_text(NET + "        x + x\n" * 3000)
    command = [sys.executable, "-m", "qlint", "--isolated", "."]
    with subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("redirection", "expected"),
    [
        ("--list-rules > /dev/full", (2, "qlint: error: No space left on device\n")),
        ("--list-rules >&-", (0, "")),
        ("- <&-", (2, "qlint: error: `-` reads standard input, which is closed\n")),
    ],
)
def test_streams_that_do_not_work(here: Path, redirection: str, expected: tuple[int, str]) -> None:
    result = subprocess.run(
        f"exec '{sys.executable}' -m qlint --isolated {redirection}",
        shell=True,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == expected


def test_a_current_directory_that_is_gone(run: Run, here: Path) -> None:
    (here / "a.py").unlink()
    here.rmdir()
    code, _, err = run("x.py")
    assert (code, err) == (2, "qlint: error: the current directory does not exist any more\n")


def test_ctrl_c_is_quiet(here: Path) -> None:
    command = [sys.executable, "-m", "qlint", "-"]
    # What is started in the background of a shell does not hear of it, nor do its children.
    default = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=default,
    ) as process:
        assert process.stderr is not None
        try:
            process.wait(1.0)  # it waits for its input
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        assert process.stderr.read().strip() == b""
    assert process.returncode == 130
