"""Which files to lint: those below the given paths that neither git nor ``exclude`` leaves out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qlint.errors import UserError
from qlint.patterns import is_pattern, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pathspec import GitIgnoreSpec

    from qlint.config import Settings
    from qlint.patterns import PathPatterns

# Plain strings instead of Path objects: a walk handles every entry of a tree.
# ruff: noqa: PTH110, PTH112, PTH113, PTH116, PTH118, PTH120


def find_files(
    paths: Sequence[str | Path], settings: Settings, warn: Callable[[str], None]
) -> list[Path]:
    """The files to lint, absolute, sorted, each once.

    A file that is named is taken whatever it is called; below a directory only ``*.py`` counts.
    ``exclude`` and ``.gitignore`` decide about what a walk finds, not about the given paths,
    unless ``force-exclude`` is set. Directories behind symbolic links are not entered.

    Raises:
        UserError: A given path does not exist.
    """
    for path in paths:
        _require_existing(path)
    files: set[str] = set()
    links: list[str] = []
    for path in dict.fromkeys(os.path.abspath(path) for path in paths):
        is_dir = os.path.isdir(path)
        if is_force_excluded(path, settings, is_dir=is_dir):
            continue
        if is_dir:
            for found, is_link in _Walk(path, settings.exclude, warn).files():
                if is_link:
                    links.append(found)
                else:
                    files.add(found)
        else:
            files.add(path)
    return [Path(path) for path in sorted(files | _new_targets(links, files))]


def is_force_excluded(path: str, settings: Settings, *, is_dir: bool = False) -> bool:
    """Whether an absolute path is left out although the user names it."""
    return settings.force_exclude and any(
        patterns.match(path, is_dir=is_dir) for patterns in settings.exclude
    )


def _require_existing(path: str | Path) -> None:
    try:
        os.stat(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"cannot lint `{path}`: {reason}") from None


def _new_targets(links: Iterable[str], files: Iterable[str]) -> set[str]:
    """The links to files that the walk did not also find under their own name."""
    known = {os.path.realpath(file) for file in files}
    chosen = set()
    for link in sorted(links):
        target = os.path.realpath(link)
        if target not in known:
            known.add(target)
            chosen.add(link)
    return chosen


@dataclass(frozen=True, slots=True)
class _IgnoreFile:
    """A compiled ``.gitignore``; ``base`` ends in a separator."""

    base: str
    spec: GitIgnoreSpec


class _Walk:
    """One walk down a tree."""

    def __init__(
        self, root: str, exclude: Iterable[PathPatterns], warn: Callable[[str], None]
    ) -> None:
        self._root = root
        self._exclude = [patterns.for_walk(root) for patterns in exclude]
        self._warn = warn

    def files(self) -> Iterator[tuple[str, bool]]:
        """The Python files, and whether each is a symbolic link."""
        pending = [(self._root, self._ignore_files_above())]
        while pending:
            folder, ignore_files = pending.pop()
            try:
                with os.scandir(folder) as listing:
                    entries = list(listing)
            except OSError as error:
                self._warn(f"cannot list the directory {folder}: {error.strerror}")
                continue
            ignore_files = self._enter(folder, {entry.name for entry in entries}, ignore_files)
            for entry in entries:
                is_dir = entry.is_dir(follow_symlinks=False)
                if not is_dir and not entry.name.endswith(".py"):
                    continue
                if self._is_left_out(entry, is_dir, ignore_files):
                    continue
                if is_dir:
                    pending.append((entry.path, ignore_files))
                elif self._is_file(entry):
                    yield entry.path, entry.is_symlink()

    def _is_left_out(
        self, entry: os.DirEntry[str], is_dir: bool, ignore_files: Sequence[_IgnoreFile]
    ) -> bool:
        return any(
            patterns.match_entry(entry.path, entry.name, is_dir=is_dir)
            for patterns in self._exclude
        ) or _is_ignored(entry.path, is_dir, ignore_files)

    def _is_file(self, entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_file()  # of a broken link: False (editors leave such lock files)
        except OSError as error:
            self._warn(f"cannot read {entry.path}: {error.strerror}")
            return False

    def _ignore_files_above(self) -> tuple[_IgnoreFile, ...]:
        """The ignore files between the root of the git repository and the root of the walk."""
        chain = [self._root]
        while not os.path.exists(os.path.join(chain[-1], ".git")):
            parent = os.path.dirname(chain[-1])
            if parent == chain[-1]:
                return ()  # not in a repository
            chain.append(parent)
        ignore_files: tuple[_IgnoreFile, ...] = ()
        for folder, child in zip(chain[:0:-1], chain[-2::-1], strict=True):
            ignore_files = self._enter(folder, {".git", ".gitignore"}, ignore_files)
            if _is_ignored(child, True, ignore_files):
                return ()  # the user asks for something that git ignores as a whole
        return ignore_files

    def _enter(
        self, folder: str, names: set[str], ignore_files: tuple[_IgnoreFile, ...]
    ) -> tuple[_IgnoreFile, ...]:
        """The ignore files that count in ``folder``, the nearest last."""
        candidates = []
        if ".git" in names and os.path.exists(git := os.path.join(folder, ".git")):
            ignore_files = ()  # a repository in a repository goes by its own files
            candidates.append(os.path.join(git, "info", "exclude"))
        if ".gitignore" in names:
            candidates.append(os.path.join(folder, ".gitignore"))
        for file in candidates:
            if os.path.isfile(file) and (lines := self._lines(file)):
                ignore_files = (
                    *ignore_files,
                    _IgnoreFile(os.path.join(folder, ""), spec_of(lines)),
                )
        return ignore_files

    def _lines(self, ignore_file: str) -> list[str]:
        try:
            content = Path(ignore_file).read_bytes()
        except OSError as error:
            self._warn(f"cannot read {ignore_file}: {error.strerror}")
            return []
        # File names are bytes to git; surrogateescape is how Python spells the odd ones.
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
        lines = (line.removesuffix("\r") for line in text.split("\n"))
        return [line for line in lines if line and not line.startswith("#") and is_pattern(line)]


def _is_ignored(path: str, is_dir: bool, ignore_files: Sequence[_IgnoreFile]) -> bool:
    for ignore_file in reversed(ignore_files):
        relative = path[len(ignore_file.base) :]
        verdict = ignore_file.spec.check_file(relative + "/" if is_dir else relative).include
        if verdict is not None:
            return verdict
    return False
