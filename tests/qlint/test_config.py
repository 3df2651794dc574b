from __future__ import annotations

import os
import textwrap
from pathlib import Path

import pytest

from qlint.config import CommandLine, Selection, Settings, find_config, load
from qlint.errors import UserError
from qlint.patterns import PathPatterns
from qlint.rules.base import Rule
from qlint.rules.registry import Rules, collect

FORMATS = ["concise", "full", "json"]


def make(code: str, name: str, default: bool = True) -> type[Rule]:
    return type("R", (Rule,), {"code": code, "name": name, "summary": "s", "default": default})


RULES: Rules = collect(
    [
        make("QL001", "file-error"),
        make("QL101", "raw-add"),
        make("QL102", "raw-sub"),
        make("QL202", "reused-relu"),
        make("QL217", "unfused", default=False),
    ]
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings_of(toml: str, options: CommandLine = CommandLine()) -> Settings:  # noqa: B008
    Path("qlint.toml").write_text(textwrap.dedent(toml), encoding="utf-8")
    return load(["."], RULES, FORMATS, options=options)


def enabled(toml: str, **options: object) -> list[str]:
    settings = settings_of(toml, CommandLine(**options))  # type: ignore[arg-type]
    return sorted(code.removeprefix("QL") for code in settings.enabled_codes(RULES))


# --- selection: the same answers as ruff 0.17 gives (checked by hand with its own codes) ---------


@pytest.mark.parametrize(
    ("toml", "options", "expected"),
    [
        ("", {}, "001 101 102 202"),
        ("", {"select": ("ALL",)}, "001 101 102 202 217"),
        ("", {"select": ("QL2",)}, "202 217"),
        ("", {"select": ("raw-add",)}, "101"),
        ("", {"select": ("ql101",)}, "101"),
        ("", {"extend_select": ("QL217",)}, "001 101 102 202 217"),
        ("", {"ignore": ("QL1",)}, "001 202"),
        ("", {"select": ("QL1",), "ignore": ("QL101",)}, "102"),
        ("", {"select": ("QL101",), "ignore": ("QL1",)}, "101"),
        ("", {"select": ("QL101",), "ignore": ("QL101",)}, ""),
        ("", {"select": ("QL1",), "ignore": ("ALL",)}, "101 102"),
        ("select = []", {}, ""),
        ("select = ['QL1']", {}, "101 102"),
        ("select = ['QL1']\nignore = ['QL101']", {"select": ("QL1",)}, "101 102"),
        ("select = ['QL1']\nignore = ['QL101']", {"extend_select": ("QL101",)}, "101 102"),
        ("select = ['QL1']\nignore = ['QL101']", {"extend_select": ("QL202",)}, "102 202"),
        ("ignore = ['QL101']", {"ignore": ("QL102",)}, "001 202"),
        ("ignore = ['QL101']", {"select": ("QL1",)}, "101 102"),
        ("extend-select = ['QL217']\nignore = ['QL2']", {}, "001 101 102 217"),
    ],
)
@pytest.mark.usefixtures("here")
def test_selection(toml: str, options: dict[str, object], expected: str) -> None:
    assert " ".join(enabled(toml, **options)) == expected


def test_selection_by_hand_needs_no_configuration() -> None:
    settings = Settings(Path("/"), select=("QL1",), overrides=Selection(ignore=("QL102",)))
    assert settings.enabled_codes(RULES) == {"QL101"}


# --- per-file-ignores ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "path", "code", "expected"),
    [
        ("tests/**", "tests/unit/a.py", "QL101", True),
        ("tests/", "tests/unit/a.py", "QL101", True),
        ("tests", "tests/unit/a.py", "QL101", True),
        ("tests/*.py", "tests/a.py", "QL101", True),
        ("tests/*.py", "src/tests/a.py", "QL101", False),
        ("tests/**", "src/a.py", "QL101", False),
        ("tests/**", "tests/a.py", "QL202", False),
        ("*_pb2.py", "deep/down/a_pb2.py", "QL101", True),
        ("__init__.py", "deep/__init__.py", "QL101", True),
        ("!src/**", "tests/a.py", "QL101", True),
        ("!src/**", "src/a.py", "QL101", False),
    ],
)
def test_per_file_ignores(here: Path, pattern: str, path: str, code: str, expected: bool) -> None:
    settings = settings_of(f"[per-file-ignores]\n'{pattern}' = ['QL1']\n")
    assert settings.is_ignored(here / path, code) is expected
    assert settings.is_ignored(Path(path), code) is expected


def test_per_file_ignores_take_names_and_start_at_the_file(here: Path) -> None:
    (here / "sub").mkdir()
    config = here / "sub" / "qlint.toml"
    config.write_text("[per-file-ignores]\n'a.py' = ['raw-add']\n'/b.py' = ['ALL']\n")
    settings = load(["."], RULES, FORMATS, config_file=Path("sub/qlint.toml"))
    assert settings.root == here / "sub"
    assert settings.is_ignored(here / "sub" / "a.py", "QL101")
    assert not settings.is_ignored(here / "sub" / "a.py", "QL102")
    assert settings.is_ignored(here / "sub" / "b.py", "QL202")
    assert not settings.is_ignored(here / "b.py", "QL202")


# --- finding the file ----------------------------------------------------------------------------


def test_the_nearest_file_above_the_common_directory_wins(here: Path) -> None:
    for folder in ("a/x", "a/y", "b"):
        (here / folder).mkdir(parents=True)
    (here / "pyproject.toml").write_text("[tool.qlint]\n")
    (here / "a" / "qlint.toml").write_text("")
    (here / "a" / "x" / "pyproject.toml").write_text("[tool.other]\n")
    (here / "a" / "y" / "f.py").write_text("")
    assert find_config(["a/x"]) == here / "a" / "qlint.toml"
    assert find_config(["a/x", "a/y/f.py"]) == here / "a" / "qlint.toml"
    assert find_config(["a/x", "b"]) == here / "pyproject.toml"
    assert find_config(["a/not/there.py"]) == here / "a" / "qlint.toml"


def test_qlint_toml_wins_over_pyproject(here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool.qlint]\nselect = ['QL202']\n")
    assert settings_of("select = ['QL1']").select == ("QL1",)
    (here / "qlint.toml").unlink()
    settings = load(["."], RULES, FORMATS)
    assert settings.select == ("QL202",)
    assert settings.config_file == here / "pyproject.toml"


def test_isolated_reads_nothing(here: Path) -> None:
    (here / "qlint.toml").write_text("broken")
    settings = load(["."], RULES, FORMATS, isolated=True)
    assert (settings.config_file, settings.root) == (None, here)
    with pytest.raises(UserError, match="not valid TOML"):
        load(["."], RULES, FORMATS)


@pytest.mark.usefixtures("here")
def test_all_keys_arrive() -> None:
    settings = settings_of(
        """
        assume-quantized = true
        exclude = ["a"]
        extend-exclude = ["b/*.py"]
        extend-select = ["QL217"]
        force-exclude = true
        ignore = ["QL102"]
        output-format = "json"
        quantized = ["pkg.mod.Class", "pkg.*"]
        select = ["ALL"]
        [per-file-ignores]
        "c" = ["QL1"]
        """
    )
    assert settings.assume_quantized
    assert settings.force_exclude
    assert [each.patterns for each in settings.exclude] == [("a",), ("b/*.py",)]
    assert (settings.select, settings.extend_select) == (("ALL",), ("QL217",))
    assert settings.ignore == ("QL102",)
    assert settings.output_format == "json"
    assert settings.quantized == ("pkg.mod.Class", "pkg.*")
    assert dict(settings.per_file_ignores) == {"c": ("QL1",)}


def test_the_command_line_beats_the_file(here: Path) -> None:
    settings = settings_of(
        "assume-quantized = true\noutput-format = 'json'\nexclude = ['a']\n",
        CommandLine(
            assume_quantized=False, output_format="full", exclude=("x",), extend_exclude=("y",)
        ),
    )
    assert not settings.assume_quantized
    assert settings.output_format == "full"
    assert settings.exclude == (PathPatterns(here, ("x",)), PathPatterns(here, ("y",)))


def test_odd_encodings_of_the_file_are_read(here: Path) -> None:
    (here / "qlint.toml").write_bytes(b"\xef\xbb\xbfselect = ['QL1']\r\nignore = []\r\n")
    assert load(["."], RULES, FORMATS).select == ("QL1",)


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("selct = []", "unknown key `selct`; did you mean `select`?"),
        ("extend_select = []", "did you mean `extend-select`?"),
        ("zzzzzz = 1", "unknown key `zzzzzz`; known are assume-quantized, "),
        ("select = 'QL1'", "`select` must be an array of strings, not `'QL1'`"),
        ("select = 3", "`select` must be an array of strings, not an integer"),
        ("select = ['QL1', 3]", "`select` must hold only strings, not an integer"),
        ("select = ['QL9']", "`select`: unknown rule `QL9`"),
        ("ignore = ['raw-ad']", "`ignore`: unknown rule `raw-ad`; did you mean `raw-add`?"),
        ("assume-quantized = 'yes'", "`assume-quantized` must be true or false, not `'yes'`"),
        ("assume-quantized = 1", "must be true or false, not an integer"),
        ("output-format = 'xml'", '`output-format` must be one of "concise", "full", "json"'),
        ("output-format = true", "not `true`"),
        ("output-format = []", "not an array"),
        ("quantized = ['a/b.py']", "`a/b.py` is not the dotted name of a class"),
        ("quantized = ['']", "is not the dotted name of a class"),
        ("per-file-ignores = ['a']", "`per-file-ignores` must be a table"),
        ("per-file-ignores = {a = 'QL1'}", "`per-file-ignores.'a'` must be an array of strings"),
        ("per-file-ignores = {a = ['QL9']}", "`per-file-ignores.'a'`: unknown rule `QL9`"),
        ("per-file-ignores = {'[z-a]' = ['QL1']}", "`[z-a]` is not a valid path pattern"),
        ("exclude = ['[z-a]']", "`exclude`: `[z-a]` is not a valid path pattern"),
        ("exclude = [2020-01-01]", "not a date"),
        ("select = [", "is not valid TOML: "),
        ("a = " + "[" * 5000, "qlint.toml: is n"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(
    here: Path, toml: str, expected: str
) -> None:
    with pytest.raises(UserError) as caught:
        settings_of(toml)
    message = str(caught.value)
    assert expected in message
    assert message.startswith(str(here / "qlint.toml"))
    assert "\n" not in message


def test_mistakes_in_pyproject_name_the_table(here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool.qlint]\nselct = []\n")
    with pytest.raises(UserError, match=r"pyproject.toml: unknown key `tool.qlint.selct`"):
        load(["."], RULES, FORMATS)
    (here / "pyproject.toml").write_text("[tool]\nqlint = 3\n")
    with pytest.raises(UserError, match=r"`tool.qlint` must be a table, not an integer"):
        load(["."], RULES, FORMATS)


@pytest.mark.usefixtures("here")
def test_mistakes_on_the_command_line_name_the_option() -> None:
    with pytest.raises(UserError, match=r"^--select: unknown rule `QL9`"):
        settings_of("", CommandLine(select=("QL9",)))
    with pytest.raises(UserError, match=r"^--exclude: `\[z-a\]` is not a valid path pattern"):
        settings_of("", CommandLine(exclude=("[z-a]",)))


def test_files_that_cannot_be_read(here: Path) -> None:
    with pytest.raises(UserError, match=r"none\.toml: cannot be read: No such file"):
        load(["."], RULES, FORMATS, config_file=here / "none.toml")
    (here / "folder.toml").mkdir()
    with pytest.raises(UserError, match=r"folder\.toml: cannot be read: Is a directory"):
        load(["."], RULES, FORMATS, config_file=here / "folder.toml")
    (here / "qlint.toml").write_bytes(b"# \xff\n")
    with pytest.raises(UserError, match="is not UTF-8"):
        load(["."], RULES, FORMATS)


def test_the_documentation_knows_every_key_and_option() -> None:
    from qlint.cli import command
    from qlint.config import _KEYS, DEFAULT_EXCLUDE

    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    options = {name for param in command.params for name in param.opts if name.startswith("--")}
    options -= {"--version", "--force-exclude", "--assume-quantized"}  # written --[no-]...
    words = {*_KEYS, *DEFAULT_EXCLUDE}
    assert {word for word in words if f"`{word}`" not in text} == set()
    assert {option for option in options if f"`{option}" not in text} == set()


def test_patterns_outside_their_base(tmp_path: Path) -> None:
    patterns = PathPatterns(tmp_path / "project", ("gen/*.py", "*_pb2.py"))
    assert patterns.match(str(tmp_path / "other" / "a_pb2.py"))
    assert not patterns.match(str(tmp_path / "gen" / "a.py"))
    assert patterns.match(os.path.join(tmp_path, "project", "gen", "a.py"))  # noqa: PTH118
