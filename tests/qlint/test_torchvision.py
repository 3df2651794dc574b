"""qlint on the installed torchvision, held against what the int8 runtime does there.

The truth files in ``truth/`` were made by running converted models; they fit torchvision 0.28.0,
which the ``test`` extra pins.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import agreement
import pytest

from qlint.config import Settings
from qlint.discovery import find_files
from qlint.engine import lint

_SPEC = importlib.util.find_spec("torchvision")
pytestmark = pytest.mark.skipif(_SPEC is None, reason="torchvision is not installed")


def _lint(
    folder: str, *, assume_quantized: bool
) -> tuple[list[tuple[str, str, int, int]], list[str]]:
    assert _SPEC is not None
    assert _SPEC.origin is not None
    package = Path(_SPEC.origin).parent
    root = package.parent
    settings = Settings(root=root, assume_quantized=assume_quantized)
    found = lint(find_files([root / folder], settings, warn=pytest.fail), settings)
    rows = [
        (each.code, Path(each.filename).relative_to(root).as_posix(), each.location.row,
         each.end_location.row)
        for each in found
    ]  # fmt: skip
    return rows, [f"{each.filename}:{each.location.row} {each.message}" for each in found]


@pytest.fixture(scope="module")
def assumed() -> list[tuple[str, str, int, int]]:
    return _lint("torchvision", assume_quantized=True)[0]


@pytest.fixture(scope="module")
def scores(assumed: list[tuple[str, str, int, int]]) -> dict[str, agreement.Score]:
    truth = agreement.load("torchvision.json")
    return {
        **agreement.score(assumed, truth),
        **agreement.score_reuse(assumed, truth),
        "QL109": agreement.score_modules(assumed, truth),
    }


# What was reached, and must not be lost: true lines, recall, precision.
_REACHED = {
    "add": (39, 1.0, 1.0),
    "sub": (5, 1.0, 1.0),
    "mul": (18, 1.0, 1.0),
    "div": (4, 1.0, 1.0),
    "matmul": (13, 1.0, 1.0),
    "cat": (26, 1.0, 1.0),
    "relu": (8, 1.0, 1.0),
    # Missed: a mean that fails in one memory layout only.
    "other": (22, 21 / 22, 1.0),
    "QL109": (8, 1.0, 1.0),
    "QL202": (3, 1.0, 1.0),
    "QL203": (7, 1.0, 1.0),
}


@pytest.mark.parametrize("category", _REACHED)
def test_agrees_with_the_int8_runtime(scores: dict[str, agreement.Score], category: str) -> None:
    true, recall, precision = _REACHED[category]
    score = scores[category]
    report = f"missed: {sorted(score.true - score.found)}\nfalse: {sorted(score.false)}"
    assert len(score.true) == true, "the truth file has changed"
    assert score.recall >= recall, report
    assert score.precision >= precision, report


def test_all_categories_of_the_truth_are_judged(scores: dict[str, agreement.Score]) -> None:
    assert scores.keys() <= _REACHED.keys()


def test_what_no_model_ran_is_judged_by_hand(assumed: list[tuple[str, str, int, int]]) -> None:
    truth = agreement.load("torchvision.json")
    shown = truth["sites"].keys()
    verdicts = agreement.load_judged("torchvision_judged.tsv")
    judged = {
        (f"{path}:{first}", code)
        for code, path, first, last in assumed
        if not shown & {f"{path}:{row}" for row in range(first, last + 1)}
        and not set(truth["executed_lines"].get(path, ())) & set(range(first, last + 1))
    }
    assert judged == verdicts.keys()
    wrong = [each for each, verdict in verdicts.items() if verdict == "false"]
    assert len(wrong) <= 0.01 * len(assumed)


def test_float_islands_are_left_alone(assumed: list[tuple[str, str, int, int]]) -> None:
    truth = agreement.load("torchvision.json")
    quantized = set(truth["sites"])
    arithmetic = {
        f"{path}:{row}"
        for code, path, first, last in assumed
        for row in range(first, last + 1)
        if code.startswith("QL1")
    }
    assert not arithmetic & (set(truth["float_only_sites"]) - quantized)


def test_quantizable_models_are_clean() -> None:
    truth = agreement.load("torchvision_quantization.json")
    assert {call["outcome"] for calls in truth["sites"].values() for call in calls} == {"ok"}
    assert _lint("torchvision/models/quantization", assume_quantized=False)[1] == []


def test_nothing_is_quantized_elsewhere_in_torchvision() -> None:
    assert _lint("torchvision", assume_quantized=False)[1] == []
