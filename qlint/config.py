"""Settings: ``pyproject.toml`` or ``qlint.toml``, and what the command line puts above them."""

from __future__ import annotations

import dataclasses
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from qlint.errors import UserError, did_you_mean
from qlint.patterns import PathPatterns
from qlint.rules.registry import selector, selects

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from qlint.rules.registry import Rules

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "buck-out",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)


@dataclass(frozen=True, slots=True)
class Selection:
    """One layer of rule selection. ``select`` starts afresh; None keeps what is below."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def apply(self, enabled: frozenset[str], codes: Collection[str]) -> frozenset[str]:
        """Change the enabled codes: the more of a code a selector spells out, the more it counts.

        At equal length ``ignore`` wins.
        """
        words = [(word, True) for word in (*(self.select or ()), *self.extend_select)]
        words += [(word, False) for word in self.ignore]
        verdicts = {
            code: turn_on
            for word, turn_on in sorted(words, key=lambda pair: (_weight(pair[0]), not pair[1]))
            for code in codes
            if selects(word, code)
        }
        below = frozenset[str]() if self.select is not None else enabled
        return frozenset(code for code in codes if verdicts.get(code, code in below))


@dataclass(frozen=True, slots=True)
class Settings:
    """What one run goes by. Selectors are ``ALL``, codes, or beginnings of codes.

    ``root`` is the directory of the configuration file, or the current one; the patterns of
    ``per_file_ignores`` start there. ``overrides`` is the selection of the command line.
    """

    root: Path
    config_file: Path | None = None
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    overrides: Selection = Selection()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    assume_quantized: bool = False
    quantized: tuple[str, ...] = ()
    exclude: tuple[PathPatterns, ...] = (PathPatterns(Path(os.sep), DEFAULT_EXCLUDE),)
    force_exclude: bool = False
    output_format: str = "full"
    verbose: bool = False
    python: Path | None = None

    def enabled_codes(self, all_rules: Rules) -> frozenset[str]:
        """The codes that are on in this run, before ``per-file-ignores``."""
        enabled = frozenset(code for code, rule in all_rules.items() if rule.default)
        own = Selection(self.select, self.extend_select, self.ignore)
        return self.overrides.apply(own.apply(enabled, all_rules), all_rules)

    def is_ignored(self, filename: Path, code: str) -> bool:
        """Whether ``per-file-ignores`` switches the code off in this file."""
        for pattern, selectors in self.per_file_ignores.items():
            if any(selects(word, code) for word in selectors):
                inverted = pattern.startswith("!")
                patterns = PathPatterns(self.root, (pattern.removeprefix("!"),))
                if patterns.match(os.path.abspath(filename)) is not inverted:
                    return True
        return False


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The options that also exist as configuration keys; None where the user gave none."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    assume_quantized: bool | None = None
    force_exclude: bool | None = None
    output_format: str | None = None
    verbose: bool = False
    python: str | None = None


def load(
    paths: Sequence[str | Path],
    rules: Rules,
    formats: Collection[str],
    *,
    options: CommandLine = CommandLine(),
    config_file: Path | None = None,
    isolated: bool = False,
) -> Settings:
    """Find and read the configuration for ``paths`` and put the command line above it.

    Raises:
        UserError: The configuration or an option is wrong.
    """
    if config_file is None and not isolated:
        config_file = find_config(paths)
    keys: dict[str, Any] = {}
    root = Path.cwd()
    if config_file is not None:
        root = config_file.absolute().parent
        keys = _read_keys(config_file, rules, formats)
    _require_globs(options.exclude or (), "--exclude")
    _require_globs(options.extend_exclude, "--extend-exclude")
    excludes = (
        PathPatterns(Path.cwd(), options.exclude)
        if options.exclude is not None
        else PathPatterns(root, keys.pop("exclude", DEFAULT_EXCLUDE)),
        PathPatterns(root, keys.pop("extend_exclude", ())),
        PathPatterns(Path.cwd(), options.extend_exclude),
    )
    keys.pop("exclude", None)
    above = {
        name: value
        for name in ("assume_quantized", "force_exclude", "output_format")
        if (value := getattr(options, name)) is not None
    }
    return Settings(
        root=root,
        config_file=config_file,
        overrides=Selection(
            _resolve(options.select, rules, "--select"),
            _resolve(options.extend_select, rules, "--extend-select") or (),
            _resolve(options.ignore, rules, "--ignore") or (),
        ),
        exclude=tuple(patterns for patterns in excludes if patterns.patterns),
        verbose=options.verbose,
        python=_python(options.python, keys.pop("python", None), root),
        **{**keys, **above},
    )


def _python(option: str | None, key: object, root: Path) -> Path | None:
    """The interpreter named on the command line, or in the configuration beside that file."""
    if option is not None:
        return Path(option)
    return root / key if isinstance(key, str) else None


def find_config(paths: Sequence[str | Path]) -> Path | None:
    """The nearest configuration file at or above the directory that all paths share."""
    folders = [path if path.is_dir() else path.parent for path in map(_absolute, paths)]
    try:
        start = Path(os.path.commonpath(folders)) if folders else Path.cwd()
    except ValueError:  # different drives share nothing
        start = Path.cwd()
    for folder in (start, *start.parents):
        own = folder / "qlint.toml"
        if own.is_file():
            return own
        shared = folder / "pyproject.toml"
        if shared.is_file() and "qlint" in _tool_table(shared):
            return shared
    return None


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))


def _weight(word: str) -> int:
    return 0 if word == "ALL" else len(word)


def _resolve(words: tuple[str, ...] | None, rules: Rules, where: str) -> tuple[str, ...] | None:
    """Turn codes, beginnings of codes and names of rules into selectors."""
    if words is None:
        return None
    try:
        return tuple(selector(word, rules) for word in words)
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


def _require_globs(patterns: tuple[str, ...], where: str) -> None:
    try:
        PathPatterns(Path.cwd(), patterns).check()
    except UserError as error:
        raise UserError(f"{where}: {error}") from None


# --- reading a file -----------------------------------------------------------------------------


def _read_toml(file: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        # Windows editors like to begin a file with a byte order mark; TOML has none.
        return tomllib.loads(file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise UserError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: is not UTF-8 (byte {error.start})") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file}: is not valid TOML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise UserError(f"{file}: is nested too deeply") from None


def _tool_table(pyproject: Path) -> Mapping[str, Any]:
    tool = _read_toml(pyproject).get("tool", {})
    return tool if isinstance(tool, dict) else {}


def _read_keys(file: Path, rules: Rules, formats: Collection[str]) -> dict[str, Any]:
    """The keys of a configuration file, checked, named like the fields of ``Settings``."""
    if file.name == "pyproject.toml":
        table, prefix = _tool_table(file).get("qlint", {}), "tool.qlint."
    else:
        table, prefix = _read_toml(file), ""
    if not isinstance(table, dict):
        raise UserError(f"{file}: `tool.qlint` must be a table, not {_kind(table)}")
    keys: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _KEYS:
            hint = did_you_mean(key, _KEYS) or "; known are " + ", ".join(sorted(_KEYS))
            raise UserError(f"{file}: unknown key `{prefix}{key}`{hint}")
        place = _Place(file, f"{prefix}{key}", rules, formats)
        keys[key.replace("-", "_")] = _KEYS[key](value, place)
    return keys


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands, for messages, and what it may name."""

    file: Path
    key: str
    rules: Rules
    formats: Collection[str]

    def __str__(self) -> str:
        return f"{self.file}: `{self.key}`"

    def wrong(self, expected: str, value: object) -> UserError:
        return UserError(f"{self} must be {expected}, not {_kind(value)}")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"`{value!r}`"
    kinds = {int: "an integer", float: "a float", list: "an array", dict: "a table"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _flag(value: object, place: _Place) -> bool:
    if not isinstance(value, bool):
        raise place.wrong("true or false", value)
    return value


def _path(value: object, place: _Place) -> str:
    if not isinstance(value, str):
        raise place.wrong("a path", value)
    return value


def _strings(value: object, place: _Place) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise place.wrong("an array of strings", value)
    for item in value:
        if not isinstance(item, str):
            raise UserError(f"{place} must hold only strings, not {_kind(item)}")
    return tuple(value)


def _selectors(value: object, place: _Place) -> tuple[str, ...]:
    return _resolve(_strings(value, place), place.rules, str(place)) or ()


def _globs(value: object, place: _Place) -> tuple[str, ...]:
    patterns = _strings(value, place)
    _require_globs(patterns, str(place))
    return patterns


def _per_file(value: object, place: _Place) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise place.wrong('a table such as {"tests/**" = ["QL1"]}', value)
    checked = {}
    for pattern, words in value.items():
        _require_globs((pattern.removeprefix("!"),), str(place))
        inner = dataclasses.replace(place, key=f"{place.key}.{pattern!r}")
        checked[pattern] = _selectors(words, inner)
    return MappingProxyType(checked)


def _classes(value: object, place: _Place) -> tuple[str, ...]:
    patterns = _strings(value, place)
    for pattern in patterns:
        if not re.fullmatch(r"[\w*]+(\.[\w*]+)*", pattern):
            raise UserError(
                f"{place}: `{pattern}` is not the dotted name of a class; "
                "write `pkg.mod.Class` or `pkg.*`"
            )
    return patterns


def _format(value: object, place: _Place) -> str:
    if value not in place.formats:
        raise place.wrong("one of " + ", ".join(f'"{name}"' for name in place.formats), value)
    return str(value)


_KEYS: Mapping[str, Callable[[object, _Place], object]] = {
    "assume-quantized": _flag,
    "exclude": _globs,
    "extend-exclude": _globs,
    "extend-select": _selectors,
    "force-exclude": _flag,
    "ignore": _selectors,
    "output-format": _format,
    "per-file-ignores": _per_file,
    "python": _path,
    "quantized": _classes,
    "select": _selectors,
}
