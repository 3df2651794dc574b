from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import qlint
from qlint.errors import UserError
from qlint.explain import markdown, table
from qlint.rules import registry
from qlint.rules.base import Example, Rule
from qlint.rules.registry import all_rules, collect, find, selector, selects


class Toy(Rule):
    """Toys are left on the floor.

    What it does
    ------------
    Looks at the ``floor``.

    Example
    -------
    Like so::

        floor.add(toy)

        walk()

    Use instead
    -----------
    ::

        box.add(toy)
    """

    code, name, summary = "TOY001", "toy-on-floor", "a toy lies on the floor"
    default = False
    examples = (Example("one toy", "\nfloor.add(toy)  # TOY001\n"),)


def make(code: str, name: str) -> type[Rule]:
    return type("Made", (Rule,), {"code": code, "name": name, "summary": "s", "__doc__": "d"})


def test_our_own_rules_are_found_in_order() -> None:
    codes = list(all_rules())
    assert codes == sorted(codes)
    assert {"QL001", "QL002"} <= set(codes)
    assert all(rule.code == code for code, rule in all_rules().items())


@pytest.mark.parametrize("code", ["QL001", "QL002"])
def test_rules_about_files_are_documented(code: str) -> None:
    text = markdown(all_rules()[code])
    for heading in ("What it does", "Why is this bad", "Example", "Use instead", "Limits"):
        assert f"\n## {heading}\n" in text


def test_a_rule_may_be_collected_twice_but_not_share_its_code() -> None:
    assert list(collect([Toy, Toy])) == ["TOY001"]
    with pytest.raises(UserError, match=r"two rules are called `TOY001`.*Toy.*Made"):
        collect([Toy, make("TOY001", "other")])
    with pytest.raises(UserError, match="two rules are called `toy-on-floor`"):
        collect([Toy, make("TOY002", "toy-on-floor")])


@pytest.mark.parametrize(
    ("code", "name", "attribute"), [("toy1", "ok", "code"), ("TOY001", "Not Ok", "name")]
)
def test_a_malformed_identity_is_refused(code: str, name: str, attribute: str) -> None:
    with pytest.raises(UserError, match=f"needs a `{attribute}`"):
        collect([make(code, name)])


def test_something_that_is_no_rule_is_refused() -> None:
    with pytest.raises(UserError, match="not a subclass"):
        collect([int])  # type: ignore[list-item]


def test_find_takes_codes_and_names_in_any_case() -> None:
    rules = collect([Toy])
    assert find("toy001", rules) is find("TOY-on-floor", rules) is Toy
    with pytest.raises(UserError, match="did you mean `TOY001`"):
        find("TOY01", rules)
    with pytest.raises(UserError, match="--list-rules"):
        find("zzzzz", rules)


@pytest.mark.parametrize(
    ("word", "code", "expected"),
    [
        ("ALL", "QL101", True),
        ("QL", "QL101", True),
        ("QL1", "QL101", True),
        ("QL10", "QL101", True),
        ("QL101", "QL101", True),
        ("QL102", "QL101", False),
        ("Q", "QL101", False),
        ("", "QL101", False),
        ("QL", "QLX101", False),
    ],
)
def test_selects(word: str, code: str, expected: bool) -> None:
    assert selects(word, code) is expected


def test_selector_resolves_names_and_refuses_what_selects_nothing() -> None:
    rules = collect([Toy])
    assert selector(" toy ", rules) == "TOY"
    assert selector("all", rules) == "ALL"
    assert selector("toy-on-floor", rules) == "TOY001"
    for wrong in ("T", "TOY9", "", "QL1"):
        with pytest.raises(UserError, match="unknown rule"):
            selector(wrong, rules)


def test_explanation_is_markdown() -> None:
    text = markdown(Toy)
    assert text.startswith("# toy-on-floor (TOY001)\n")
    assert "By default: off" in text
    assert "## What it does\n\nLooks at the `floor`.\n" in text
    assert "Like so:\n\n```python\nfloor.add(toy)\n\nwalk()\n```\n" in text
    assert "## Use instead\n\n```python\nbox.add(toy)\n```\n" in text
    assert "one toy\n\n```python\nfloor.add(toy)  # TOY001\n```" in text
    assert "::" not in text
    assert "----" not in text


def test_no_markup_is_left_in_any_explanation() -> None:
    for rule in all_rules().values():
        text = markdown(rule)
        assert text.count("```") % 2 == 0, rule.code
        assert not re.search(r"^-{3,}$|::$", text, re.MULTILINE), rule.code


def test_table_is_aligned() -> None:
    head, row = table(collect([Toy]))
    assert row.split() == [
        "TOY001",
        "toy-on-floor",
        "off",
        "no",
        *["a", "toy", "lies", "on", "the", "floor"],
    ]
    assert head.index("default") == row.index("off")


# --- plugins, as they are installed --------------------------------------------------------------

PLUGIN = """
from qlint.hookspecs import hookimpl
from qlint.rules.base import Rule

class Toy(Rule):
    "Doc."
    code, name, summary = "{code}", "toy-on-floor", "a toy lies on the floor"

@hookimpl
def {hook}():
    return [Toy]
"""


def run_with_plugin(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "toy_qlint.py").write_text(source, encoding="utf-8")
    info = folder / "toy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[qlint]\ntoy = toy_qlint\n")
    path = os.pathsep.join([str(folder), str(Path(qlint.__file__).parents[1])])
    return subprocess.run(
        [sys.executable, "-m", "qlint", "--list-rules"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_plugin_adds_a_rule(tmp_path: Path) -> None:
    result = run_with_plugin(tmp_path, PLUGIN.format(code="TOY001", hook="qlint_rules"))
    assert result.returncode == 0, result.stderr
    assert "TOY001  toy-on-floor" in result.stdout
    assert "QL001" in result.stdout


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import does_not_exist", "plugin `toy` of toy cannot be loaded (ModuleNotFoundError"),
        (PLUGIN.format(code="TOY001", hook="qlint_rulez"), "unknown hook 'qlint_rulez'"),
        (PLUGIN.format(code="QL001", hook="qlint_rules"), "two rules are called `QL001`"),
        (
            PLUGIN.format(code="TOY001", hook="qlint_rules").replace("[Toy]", "1/0"),
            "`qlint_rules` of a plugin failed: ZeroDivisionError",
        ),
    ],
)
def test_a_broken_plugin_is_one_clear_line(tmp_path: Path, source: str, expected: str) -> None:
    result = run_with_plugin(tmp_path, source)
    assert result.returncode == 2
    assert expected in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_registry_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    all_rules()
    monkeypatch.setattr(registry, "_own_rules", lambda: pytest.fail("read again"))
    assert all_rules() is all_rules()
