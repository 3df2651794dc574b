"""`only` and `ignore`: names and glob patterns on dotted module names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

Patterns = str | Iterable[str]

# Fusion leaves no mark on its Identities. Where nothing else tells what one stands for, the
# names that people give to norms and activations do.
_NORM = re.compile(r"bn|norm", re.IGNORECASE)
_ACTIVATION = re.compile(r"relu|act|nonlin", re.IGNORECASE)


def as_patterns(patterns: object, argument: str) -> tuple[str, ...]:
    """`patterns` as a tuple.

    Raises:
        TypeError: if it is neither a string nor an iterable of strings.
    """
    if isinstance(patterns, str):
        return (patterns,)
    if isinstance(patterns, Iterable):
        found = tuple(patterns)
        if all(isinstance(pattern, str) for pattern in found):
            return found
    raise TypeError(f"{argument} must be a name, a glob pattern or several, got {patterns!r}")


def matches(name: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern names `name` itself or something that contains it.

    `layer1` names everything inside `layer1`. The `module.` that a data-parallel wrapper
    puts before names may stand in the pattern or not.
    """
    return any(_matches_one(name, pattern) for pattern in patterns)


def _matches_one(name: str, pattern: str) -> bool:
    if fnmatchcase(name, pattern) or fnmatchcase(f"module.{name}", pattern):
        return True
    parts = name.split(".")
    parents = (".".join(parts[:end]) for end in range(1, len(parts)))
    return any(
        fnmatchcase(parent, pattern) or fnmatchcase(f"module.{parent}", pattern)
        for parent in parents
    )


def select(
    names: Iterable[str],
    *,
    only: Patterns | None = None,
    ignore: Patterns = (),
    known: Iterable[str] = (),
) -> set[str]:
    """The names that `only` and `ignore` leave.

    Args:
        names: candidates.
        only: keep these; None keeps all.
        ignore: drop these.
        known: further names that a pattern may match without being a mistake.

    Raises:
        TypeError: for patterns that are no strings.
        ValueError: for a pattern that matches no name at all, which is a typing mistake
            that would make the assertion empty.
    """
    candidates = list(names)
    everything = list(dict.fromkeys([*candidates, *known]))
    wanted = None if only is None else as_patterns(only, "only")
    unwanted = as_patterns(ignore, "ignore")
    for argument, patterns in (("only", wanted or ()), ("ignore", unwanted)):
        for pattern in patterns:
            if not any(_matches_one(name, pattern) for name in everything):
                hint = close(pattern, everything)
                raise ValueError(f"{argument}: {pattern!r} matches no name in this model{hint}")
    if wanted is not None:
        candidates = [name for name in candidates if matches(name, wanted)]
    return {name for name in candidates if not matches(name, unwanted)}


def sounds_like_norm(name: str) -> bool:
    """Whether the last part of a dotted name is one that people give to batch norms."""
    return _NORM.search(name.rpartition(".")[2]) is not None


def sounds_like_activation(name: str) -> bool:
    """Whether the last part of a dotted name is one that people give to activations."""
    return _ACTIVATION.search(name.rpartition(".")[2]) is not None


def close(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'a' or 'b'?`, or nothing if no name is close."""
    candidates = [candidate for candidate in names if candidate]
    found = difflib.get_close_matches(name, candidates, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(map(repr, found))}?" if found else ""
