"""Comparing qlint's findings with what the int8 runtime did, line by line.

The truth files (``truth/README.md`` explains them) say for each line of torchvision which torch
calls met quantized tensors there, and what happened.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

TRUTH = Path(__file__).parent / "truth"
# Classes of torchvision derived from a layer that convert would swap.
_DERIVED = {"LayerNorm2d", "Conv3DSimple", "Conv3DNoTemporal", "Conv3DDepthwise"}
# The truth lists modules that raise. This one does not: with `batch_first` the int8 form of
# MultiheadAttention mixes up the heads (-2 dB; `kernels.json` measures it).
_SILENTLY_WRONG = {"torchvision/models/vision_transformer.py:113"}
_CATEGORIES = {
    "QL101": {"add"},
    "QL102": {"sub"},
    "QL103": {"mul"},
    "QL104": {"div"},
    "QL105": {"matmul"},
    "QL106": {"cat", "stack"},
    "QL107": {"add", "sub", "mul", "div"},
    "QL108": {"other"},
    "QL201": {"relu"},
}


@dataclass
class Score:
    """Lines of one category: what the runtime shows against what was found."""

    true: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    false: set[str] = field(default_factory=set)
    unjudged: set[str] = field(default_factory=set)

    @property
    def recall(self) -> float:
        return len(self.found) / len(self.true) if self.true else 1.0

    @property
    def precision(self) -> float:
        judged = len(self.found) + len(self.false)
        return len(self.found) / judged if judged else 1.0


def load(name: str) -> dict:
    return json.loads((TRUTH / name).read_text())


def load_judged(name: str) -> dict[tuple[str, str], str]:
    """Verdicts on findings, by ``(place, code)``."""
    with (TRUTH / name).open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["place"], row["code"]): row["verdict"] for row in rows}


def score(findings: list[tuple[str, str, int, int]], truth: dict) -> dict[str, Score]:
    """Score findings ``(code, path as in the truth, first row, last row)`` by category."""
    scores: dict[str, Score] = defaultdict(Score)
    sites: dict[str, list[tuple[int, int, str, bool]]] = defaultdict(list)
    for place, calls in truth["sites"].items():
        path, _, line = place.rpartition(":")
        for call in calls:
            category = "cat" if call["category"] == "stack" else call["category"]
            wanted = category == "relu" or call["outcome"] != "ok"
            sites[path].append((int(line), call["end_line"], category, wanted))
            if wanted:
                scores[category].true.add(f"{place}")
    for code, path, first, last in findings:
        categories = _CATEGORIES.get(code)
        if categories is None:
            continue
        near = [
            (line, category, wanted)
            for line, end, category, wanted in sites[path]
            if category in categories and line <= last and end >= first
        ]
        for line, category, wanted in near:
            if wanted:
                scores[category].found.add(f"{path}:{line}")
        if near:
            continue
        category = min(categories)
        executed = set(truth["executed_lines"].get(path, ()))
        judged = executed & set(range(first, last + 1))
        (scores[category].false if judged else scores[category].unjudged).add(f"{path}:{first}")
    return scores


def score_modules(findings: list[tuple[str, str, int, int]], truth: dict) -> Score:
    """Score QL109 against the modules whose forward failed on int8 tensors."""
    score = Score()
    failing = {place for entry in truth["no_kernel_modules"] for place in entry["call_sites"]}
    failing |= _SILENTLY_WRONG
    # Modules of the program that torch knows nothing of fail by what they do inside.
    derived = {
        place
        for entry in truth["no_kernel_modules"]
        if not (entry["user_class"] and entry["class"] not in _DERIVED)
        for place in entry["call_sites"]
    }
    score.true |= derived
    for code, path, first, last in findings:
        if code != "QL109":
            continue
        rows = {f"{path}:{row}" for row in range(first, last + 1)}
        if rows & failing:
            score.found |= rows & derived
        elif set(truth["executed_lines"].get(path, ())) & set(range(first, last + 1)):
            score.false.add(f"{path}:{first}")
        else:
            score.unjudged.add(f"{path}:{first}")
    return score


def score_reuse(findings: list[tuple[str, str, int, int]], truth: dict) -> dict[str, Score]:
    """Score QL202 and QL203 against the module instances that ran more than once."""
    scores = {"QL202": Score(), "QL203": Score()}
    reused: dict[str, set[str]] = {"QL202": set(), "QL203": set()}
    for entry in truth["reused"]:
        code = "QL202" if entry["class"] == "ReLU" else "QL203"
        calls = entry["call_sites"]
        places = {f"{each['file']}:{each['line']}" for each in calls}
        reused[code] |= places
        if entry["kind"] == "multi_site" and entry["leaf"]:
            stateful = entry["class"] == "ReLU" or entry["has_params"]
            if stateful:
                first = min(each["line"] for each in calls)
                scores[code].true |= {p for p in places if not p.endswith(f":{first}")}
        elif entry["kind"] == "repeated_site" and entry["has_params"]:
            scores[code].true |= places
    for code, path, first, last in findings:
        if code not in scores:
            continue
        rows = {f"{path}:{row}" for row in range(first, last + 1)}
        hit = rows & reused[code]
        if hit:
            scores[code].found |= hit & scores[code].true
        elif set(truth["executed_lines"].get(path, ())) & set(range(first, last + 1)):
            scores[code].false.add(f"{path}:{first}")
        else:
            scores[code].unjudged.add(f"{path}:{first}")
    return scores
