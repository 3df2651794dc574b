"""Comments that silence findings, and findings about comments that silence nothing.

The forms, anywhere in a comment, on any row of the statement that holds the finding::

    # noqa                                   all findings
    # noqa: QL101, F401                      these codes, in full; other linters' are left alone
    # qlint: ignore[QL101, raw-cat] reason   these codes or names
    # qlint: skip-file                       all findings of the file, wherever it stands
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from qlint.diagnostics import Diagnostic, Position
from qlint.errors import UserError, did_you_mean
from qlint.rules.files import UnusedSuppression
from qlint.rules.registry import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from qlint.config import Settings
    from qlint.rules.registry import Rules

_DIRECTIVE = re.compile(
    r"#\s*(?:(?P<noqa>noqa\b)(?P<colon>\s*:\s*)?|qlint:\s*(?P<word>[a-z][\w-]*)\s*)",
    re.IGNORECASE,
)
_NOQA_CODE = re.compile(r"[,\s]*(?P<code>[A-Z]+[0-9]+)(?![\w-])", re.IGNORECASE)
_BRACKETS = re.compile(r"\[(?P<codes>[^\]]*)\]")
_ITEM = re.compile(r"[^,\s]+")
_DIRECTIVE_WORDS = ("ignore", "skip-file", "quantized")
_OWN_CODE = re.compile(r"QL[0-9]+")
_NEEDLE = re.compile(rb"qlint:|noqa[^\n]*QL[0-9]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a source file: where its ``#`` stands, and its text with the ``#``."""

    row: int
    column: int
    text: str


def may_suppress(content: bytes) -> bool:
    """Whether a file can hold a suppression of ours, by a cheap look at its bytes.

    Its comments must be handed to ``apply`` even if nothing can be found in it.
    """
    return any(
        b"#" in content[content.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        for found in _NEEDLE.finditer(content)
    )


def suppressing_rows(comments: Iterable[Comment]) -> frozenset[int]:
    """The rows with comments that silence findings: they are to stay as they are."""
    return frozenset(
        comment.row
        for comment in comments
        for match in _DIRECTIVE.finditer(comment.text)
        if (match["word"] or "ignore").lower() == "ignore"
    )


def apply(
    diagnostics: Iterable[Diagnostic],
    comments: Mapping[str, Sequence[Comment]],
    settings: Settings,
    rules: Rules,
    classes: Mapping[str, frozenset[int]] | None = None,
) -> list[Diagnostic]:
    """What is left to report: selected, not ignored, not suppressed; sorted.

    ``comments`` holds the comments of each file by the ``filename`` of its diagnostics,
    ``classes`` the rows on which its classes begin. The findings about suppressions (QL002) are
    added.
    """
    enabled = settings.enabled_codes(rules)
    by_file: dict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        by_file[diagnostic.filename].append(diagnostic)
    kept: list[Diagnostic] = []
    for filename in by_file.keys() | comments.keys():
        off = _Switches(filename, enabled, settings)
        found = [finding for finding in by_file[filename] if finding.code in off]
        directives = [
            directive
            for comment in comments.get(filename, ())
            for directive in _directives(comment, rules, (classes or {}).get(filename))
        ]
        kept += _apply_to_file(filename, found, directives, off)
    return sorted(kept, key=lambda diagnostic: diagnostic.sort_key)


class _Switches:
    """Which codes are on in one file."""

    def __init__(self, filename: str, enabled: frozenset[str], settings: Settings) -> None:
        self._filename = filename
        self._enabled = enabled
        self._settings = settings

    def __contains__(self, code: str) -> bool:
        return code in self._enabled and not self._settings.is_ignored(Path(self._filename), code)


@dataclass(slots=True)
class _Item:
    """One code as a comment names it; ``code`` is None if no rule has it."""

    text: str
    column: int
    code: str | None
    problem: str
    used: bool = False


_MARKS_NOTHING = (
    "# qlint: quantized",
    "`# qlint: quantized` marks no class",
    "write it on the line of a class that is not inside another class or a function",
)


@dataclass(slots=True)
class _Directive:
    """One directive: which codes it silences (None: all), and what is wrong with it."""

    row: int
    column: int
    items: list[_Item] | None = field(default_factory=list)
    skip_file: bool = False
    problem: tuple[str, str, str] | None = None  # text, message, help

    def silences(self, code: str) -> bool:
        if self.items is None:
            return True
        hits = [item for item in self.items if item.code == code]
        for item in hits:
            item.used = True
        return bool(hits)


def _apply_to_file(
    filename: str,
    found: list[Diagnostic],
    directives: list[_Directive],
    on: _Switches,
) -> list[Diagnostic]:
    if not directives:
        return found
    if any(directive.skip_file for directive in directives):
        return []
    kept = [finding for finding in found if not _is_silenced(finding, directives)]
    if UnusedSuppression.code in on:
        about = chain.from_iterable(_complaints(item, filename, on) for item in directives)
        kept += [finding for finding in about if not _is_silenced(finding, directives)]
    return kept


def _is_silenced(finding: Diagnostic, directives: Iterable[_Directive]) -> bool:
    silenced = False
    for directive in directives:
        if finding.first_row <= directive.row <= finding.last_row:
            # No early exit: every comment that silences the finding is in use.
            silenced = directive.silences(finding.code) or silenced
    return silenced


# --- reading comments ---------------------------------------------------------------------------


def _directives(
    comment: Comment, rules: Rules, classes: frozenset[int] | None
) -> Iterator[_Directive]:
    for match in _DIRECTIVE.finditer(comment.text):
        column = comment.column + match.start()
        if match["noqa"]:
            if match["colon"] is None:
                yield _Directive(comment.row, column, items=None)
            else:
                yield _Directive(
                    comment.row, column, list(_noqa_items(comment, match.end(), rules))
                )
        else:
            directive = _own_directive(comment, match, rules)
            marks = match["word"].lower() == "quantized"
            if marks and classes is not None and comment.row not in classes:
                directive = _Directive(comment.row, column, problem=_MARKS_NOTHING)
            if directive is not None:
                yield directive


def _noqa_items(comment: Comment, at: int, rules: Rules) -> Iterator[_Item]:
    while (match := _NOQA_CODE.match(comment.text, at)) is not None:
        at = match.end()
        code = match["code"].upper()
        if code in rules or _OWN_CODE.fullmatch(code):
            yield _item(match["code"], comment.column + match.start("code"), rules)


def _own_directive(comment: Comment, match: re.Match[str], rules: Rules) -> _Directive | None:
    word = match["word"].lower()
    directive = _Directive(comment.row, comment.column + match.start())
    if word == "skip-file":
        directive.skip_file = True
    elif word == "ignore":
        brackets = _BRACKETS.match(comment.text, match.end())
        items = [] if brackets is None else list(_ITEM.finditer(brackets["codes"]))
        if brackets is None or not items:
            directive.problem = (
                comment.text[match.start() : match.end()].rstrip(),
                "`# qlint: ignore` names no rule and so suppresses nothing",
                "write `# qlint: ignore[QL101]`",
            )
        else:
            start = comment.column + brackets.start("codes")
            directive.items = [_item(item[0], start + item.start(), rules) for item in items]
    elif word not in _DIRECTIVE_WORDS:
        hint = did_you_mean(word, _DIRECTIVE_WORDS)
        if not hint:  # prose that happens to begin like a directive
            return None
        text = comment.text[match.start() : match.end()].rstrip()
        directive.problem = (
            text,
            f"unknown directive `{word}`{hint}",
            "known are `ignore[...]`, `skip-file` and `quantized`",
        )
    return directive


def _item(text: str, column: int, rules: Rules) -> _Item:
    try:
        return _Item(text, column, find(text, rules).code, "")
    except UserError as error:
        return _Item(text, column, None, str(error))


# --- complaining about them ---------------------------------------------------------------------


def _complaints(directive: _Directive, filename: str, on: _Switches) -> Iterator[Diagnostic]:
    if directive.problem is not None:
        text, message, cure = directive.problem
        yield _complaint(filename, directive.row, directive.column, text, message, cure)
    for item in directive.items or ():
        if item.code is None:
            cure = "name rules by their full code or their name"
            yield _complaint(filename, directive.row, item.column, item.text, item.problem, cure)
        elif not item.used and item.code in on and item.code != UnusedSuppression.code:
            message = f"unused suppression: `{item.code}` finds nothing here"
            cure = f"remove `{item.text}` from the comment"
            yield _complaint(filename, directive.row, item.column, item.text, message, cure)


def _complaint(
    filename: str, row: int, column: int, text: str, message: str, cure: str
) -> Diagnostic:
    return Diagnostic(
        code=UnusedSuppression.code,
        name=UnusedSuppression.name,
        message=message,
        severity=UnusedSuppression.severity,
        filename=filename,
        location=Position(row, column),
        end_location=Position(row, column + len(text)),
        first_row=row,
        last_row=row,
        help=cure,
    )
