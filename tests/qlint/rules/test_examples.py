"""Every rule's examples: what they mark is found, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from marked import marks

from qlint.config import Settings
from qlint.engine import lint
from qlint.rules.registry import all_rules

if TYPE_CHECKING:
    from pathlib import Path

    from qlint.rules.base import Example, Rule

_RULES = list(all_rules().values())
_EXAMPLES = [(rule, example) for rule in _RULES for example in rule.examples]
_HEADINGS = (
    "What it does",
    "Why is this bad",
    "Example",
    "Use instead",
    "Fix safety",
    "Limits",
)


@pytest.mark.parametrize(
    ("rule", "example"), _EXAMPLES, ids=[f"{r.code} {e.title}" for r, e in _EXAMPLES]
)
def test_example(tmp_path: Path, rule: type[Rule], example: Example) -> None:
    path = tmp_path / "example.py"
    path.write_text(example.source)
    found = lint([path], Settings(root=tmp_path, extend_select=(rule.code,)))
    expected = marks(example.source)
    assert [(each.location.row, each.code) for each in found] == expected
    assert {code for _, code in expected} <= {rule.code}


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.code)
def test_rule_is_documented(rule: type[Rule]) -> None:
    lines = [line.strip() for line in (rule.__doc__ or "").splitlines()]
    for heading in _HEADINGS:
        assert lines.count(heading) == 1, heading
        assert set(lines[lines.index(heading) + 1]) == {"-"}
    assert rule.summary
    assert rule.name == rule.name.lower().replace("_", "-")


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.code)
def test_rule_has_bad_and_good_examples(rule: type[Rule]) -> None:
    if rule.code in ("QL001", "QL002"):  # about files and comments: tested with the engine
        return
    marked = [bool(marks(example.source)) for example in rule.examples]
    assert True in marked
    assert False in marked


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.code)
def test_rule_says_how_safe_its_fixes_are(tmp_path: Path, rule: type[Rule]) -> None:
    seen = set()
    for number, example in enumerate(rule.examples):
        path = tmp_path / f"example{number}.py"
        path.write_text(example.source)
        found = lint([path], Settings(tmp_path, extend_select=(rule.code,)))
        seen |= {each.fix.applicability for each in found if each.fix}
    assert seen <= set(rule.fixes)
    assert bool(seen) == bool(rule.fixes)
