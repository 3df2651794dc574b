"""Path patterns of the configuration, written as in ``.gitignore``."""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qlint.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pathspec import GitIgnoreSpec

_PLAIN_NAME = re.compile(r"[^\s*?\[\]!/\\#]+")


@dataclass(frozen=True, slots=True)
class PathPatterns:
    """Patterns that mean what they mean in a ``.gitignore`` that lies in ``base``."""

    base: Path
    patterns: tuple[str, ...]

    def check(self) -> None:
        """Compile the patterns.

        Raises:
            UserError: One of them is not a pattern.
        """
        _compile(self.patterns)

    def match(self, path: str, *, is_dir: bool = False) -> bool:
        """Whether the absolute ``path`` or a directory above it is meant."""
        names, spec = _compile(self.patterns)
        relative = relative_to(path, str(self.base))
        if not names.isdisjoint(relative.split("/")):
            return True
        return spec is not None and spec.match_file(relative + "/" if is_dir else relative)

    def match_entry(self, path: str, name: str, *, is_dir: bool) -> bool:
        """Whether ``path``, met on a walk as ``name``, is meant; plain names see only itself."""
        names, spec = _compile(self.patterns)
        if name in names:
            return True
        if spec is None:
            return False
        relative = relative_to(path, str(self.base))
        return spec.match_file(relative + "/" if is_dir else relative)

    def for_walk(self, root: str) -> PathPatterns:
        """The patterns that still count below ``root``, which the user asked for by its name."""
        names, _ = _compile(self.patterns)
        kept = (
            pattern
            for pattern in self.patterns
            if pattern in names or not PathPatterns(self.base, (pattern,)).match(root, is_dir=True)
        )
        return PathPatterns(self.base, tuple(kept))


@functools.cache
def _compile(patterns: tuple[str, ...]) -> tuple[frozenset[str], GitIgnoreSpec | None]:
    # Most patterns are plain names. A set answers for those, and pathspec is not even imported.
    negated = any(pattern.startswith("!") for pattern in patterns)
    names = frozenset(() if negated else filter(_PLAIN_NAME.fullmatch, patterns))
    others = [pattern for pattern in patterns if pattern not in names]
    return names, spec_of(others) if others else None


def spec_of(patterns: Iterable[str]) -> GitIgnoreSpec:
    """Compile patterns.

    Raises:
        UserError: One of them is not a pattern.
    """
    from pathspec import GitIgnoreSpec

    patterns = list(patterns)
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except (ValueError, re.error):
        bad = next(pattern for pattern in patterns if not is_pattern(pattern))
        raise UserError(f"`{bad}` is not a valid path pattern") from None


def is_pattern(text: str) -> bool:
    """Whether ``text`` can be compiled."""
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([text])
    except (ValueError, re.error):
        return False
    return True


def relative_to(path: str, base: str) -> str:
    """``path`` as seen from ``base``, with forward slashes."""
    prefix = base if base.endswith(os.sep) else base + os.sep
    if path.startswith(prefix):
        relative = path[len(prefix) :]
    else:
        try:
            relative = os.path.relpath(path, base)
        except ValueError:  # another drive
            relative = path
    return relative.replace(os.sep, "/")
