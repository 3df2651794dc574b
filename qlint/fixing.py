"""Linting and fixing by turns until nothing is left to fix, and writing what came of it."""

from __future__ import annotations

import difflib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from qlint.engine import lint
from qlint.errors import UserError
from qlint.fixes.edits import apply
from qlint.syntax.parse import decode, encode, is_python

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from qlint.config import Settings
    from qlint.diagnostics import Diagnostic, Fix

# Fixes that touch the same lines are carried out one after the other.
_MOST_ROUNDS = 20


@dataclass(slots=True)
class Fixed:
    """What fixing came to: the findings that are left, and the files as they were and are now."""

    diagnostics: list[Diagnostic]
    count: int = 0
    before: dict[Path, bytes] = field(default_factory=dict)
    after: dict[Path, bytes] = field(default_factory=dict)

    def changed(self) -> Iterator[tuple[Path, bytes, bytes]]:
        """The files that have changed, with their contents before and after."""
        for path, content in sorted(self.after.items()):
            if content != self.before[path]:
                yield path, self.before[path], content

    def diff(self, name_of: Callable[[Path], str]) -> Iterator[str]:
        """The lines of a unified diff of all files."""
        for path, before, after in self.changed():
            name = name_of(path)
            old, new = (_lines(decode(each)) for each in (before, after))
            for line in difflib.unified_diff(old, new, name, name):
                missing = "\n\\ No newline at end of file\n"
                yield line if line.endswith("\n") else line + missing

    def write(self) -> None:
        """Replace the files that have changed, each as a whole.

        Raises:
            UserError: One has been changed by somebody else in the meantime, or cannot be written;
                that one and those behind it stay as they are.
        """
        for path, before, after in self.changed():
            _replace(path, before, after)


def fix(
    files: Sequence[Path],
    settings: Settings,
    overlay: Mapping[Path, bytes],
    note: Callable[[str], None] | None = None,
    *,
    unsafe: bool,
) -> Fixed:
    """Lint files and carry out the fixes of what is found, again and again; nothing is written.

    Raises:
        UserError: ``settings.python`` names no environment.
    """
    names = {os.path.abspath(path): path for path in files}
    fixed = Fixed([])
    for _ in range(_MOST_ROUNDS):
        fixed.diagnostics = lint(files, settings, {**overlay, **fixed.after}, note)
        note = None  # it has been said
        wanted = [
            each.fix
            for each in fixed.diagnostics
            if each.fix is not None and (unsafe or each.fix.applicability == "safe")
        ]
        touched = {edit.filename for each in wanted for edit in each.edits}
        for name in sorted(touched & names.keys()):
            path = names[name]
            if path not in fixed.before:
                content = overlay[path] if path in overlay else path.read_bytes()
                fixed.before[path] = fixed.after[path] = content
        texts = {name: decode(fixed.after[names[name]]) for name in touched & names.keys()}
        changed, done = apply(texts, wanted)
        if not all(map(is_python, changed.values())):
            changed, done = _apply_one(texts, wanted)
        for name, text in changed.items():
            path = names[name]
            fixed.after[path] = encode(text, like=fixed.before[path])
        fixed.count += len(done)
        if not done:
            break
    return fixed


def _lines(text: str) -> list[str]:
    """The lines of a text, as programs that apply a diff know them."""
    lines = text.split("\n")
    return [*(f"{line}\n" for line in lines[:-1]), *filter(None, lines[-1:])]


def _apply_one(texts: Mapping[str, str], wanted: Iterable[Fix]) -> tuple[dict[str, str], list[Fix]]:
    """Carry out the first fix that goes well by itself, where all of them together do not."""
    for fix in wanted:
        changed, done = apply(texts, [fix])
        if done and all(map(is_python, changed.values())):
            return changed, done
    return {}, []


def _shown(path: Path) -> str:
    """A path for people: from the current directory on, if it lies below."""
    absolute = Path(os.path.abspath(path))
    below = absolute.is_relative_to(Path.cwd())
    return str(absolute.relative_to(Path.cwd()) if below else path)


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Replace the content of a file at one stroke, so that nobody ever sees half of it."""
    target = Path(os.path.realpath(path))
    try:
        if target.read_bytes() != before:
            raise UserError(
                f"{_shown(path)} has changed while it was being fixed; it is left as it is"
            )
        if not os.access(target, os.W_OK):
            raise UserError(f"{_shown(path)} cannot be written: it is read-only")
        mode = target.stat().st_mode
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(after)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(mode & 0o7777)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(f"{_shown(path)} cannot be written: {error.strerror or error}") from None
