"""Documentation that says what the code does, checked against the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from qlint.explain import markdown
from qlint.rules.registry import all_rules

ROOT = Path(__file__).parents[2]
RULES = ROOT / "docs" / "rules.md"


def rules_page() -> str:
    """The page of all rules, made of their docstrings and examples."""
    head = (
        "# Rules\n\nMade from the rules themselves: `python tests/qlint/test_docs.py` writes it.\n"
    )
    return "\n".join([head, *(markdown(rule) for rule in all_rules().values())])


def test_rules_page_is_up_to_date() -> None:
    assert RULES.read_text() == rules_page(), "run: python tests/qlint/test_docs.py"


@pytest.mark.parametrize("code", all_rules())
def test_readme_knows_each_rule(code: str) -> None:
    rule = all_rules()[code]
    assert f"| {code} | {rule.name} |" in (ROOT / "README.md").read_text()


def test_readme_shows_a_real_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qlint", "docs/examples"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    shown = (ROOT / "README.md").read_text().partition("$ qlint docs/examples\n")[2]
    first, _, rest = shown.partition("...\n")
    assert done.stdout.startswith(first.rstrip())
    assert done.stdout.strip().endswith(rest.partition("```")[0].strip())


def test_fixed_example_is_clean() -> None:
    command = [sys.executable, "-m", "qlint", "docs/examples/fixed"]
    assert subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL).returncode == 0


if __name__ == "__main__":
    RULES.write_text(rules_page())
