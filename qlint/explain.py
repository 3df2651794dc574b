"""What ``--explain`` and ``--list-rules`` print."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.rules.base import Rule
    from qlint.rules.registry import Rules

_HEADING = re.compile(r"^(?P<title>\S[^\n]*)\n-{3,}[ ]*\n", re.MULTILINE)
# A literal block of reStructuredText: "::" and the indented lines that follow.
_LITERAL = re.compile(r"^(?P<lead>.*)::\n\n(?P<code>(?:[ ]{4}.*\n|[ ]*\n)+)", re.MULTILINE)


def markdown(rule: type[Rule]) -> str:
    """The documentation of a rule: its docstring, then the examples that also are its tests."""
    state = "on" if rule.default else "off; select its code to switch it on"
    parts = [
        f"# {rule.name} ({rule.code})\n",
        f"Severity: {rule.severity}. By default: {state}.\n",
        _body(inspect.getdoc(rule) or rule.summary),
    ]
    for example in rule.examples:
        parts.append(f"## Tested example: {example.title}\n")
        parts.append(f"```python\n{textwrap.dedent(example.source).strip()}\n```\n")
    return "\n".join(parts)


def table(rules: Rules) -> Iterator[str]:
    """The lines of a table of all rules."""
    rows = [("code", "name", "default", "fix", "summary")]
    rows += [
        (
            rule.code,
            rule.name,
            "on" if rule.default else "off",
            ", ".join(rule.fixes) or "no",
            rule.summary,
        )
        for rule in rules.values()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _body(docstring: str) -> str:
    text = _HEADING.sub(lambda match: f"## {match['title']}\n\n", docstring + "\n")
    text = _LITERAL.sub(_fenced, text).replace("``", "`").replace("\0", "```")
    return re.sub(r"\n{3,}", "\n\n", text)


def _fenced(match: re.Match[str]) -> str:
    lead = match["lead"].rstrip()
    before = f"{lead}:\n\n" if lead else ""
    code = textwrap.dedent(match["code"]).strip("\n")
    # A null stands for the fence until the double backquotes of the prose are gone.
    return f"{before}\0python\n{code}\n\0\n\n"
