"""Functional relus become modules, and a shared ReLU one instance a use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from qlint.config import Settings
from qlint.fixing import fix
from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair, run_int8

if TYPE_CHECKING:
    from pathlib import Path

X = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))

NET = (
    HEAD
    + """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 1)
        self.bn2 = nn.BatchNorm2d(3)
        self.act = nn.ReLU(inplace=True)  # shared

    def forward(self, x):
        {}
"""
)


@pytest.mark.parametrize(
    ("before", "after", "made"),
    [
        ("F.relu(self.conv1(x))", "self.relu1(self.conv1(x))", "self.relu1 = nn.ReLU()"),
        ("torch.relu(self.bn2(x))", "self.relu2(self.bn2(x))", "self.relu2 = nn.ReLU()"),
        ("self.conv1(x).relu()", "self.relu1(self.conv1(x))", "self.relu1 = nn.ReLU()"),
        (
            "self.conv1(x).relu_()",
            "self.relu1(self.conv1(x))",
            "self.relu1 = nn.ReLU(inplace=True)",
        ),
        (
            "F.relu(self.conv1(x), inplace=True)",
            "self.relu1(self.conv1(x))",
            "self.relu1 = nn.ReLU(inplace=True)",
        ),
        (
            "F.relu(self.conv1(x), True)",
            "self.relu1(self.conv1(x))",
            "self.relu1 = nn.ReLU(inplace=True)",
        ),
        (
            "nn.functional.relu(input=self.conv1(x), inplace=False)",
            "self.relu1(input=self.conv1(x))",
            "self.relu1 = nn.ReLU()",
        ),
        ("F.relu(-(-x))", "self.relu(-(-x))", "self.relu = nn.ReLU()"),
    ],
)
def test_a_function_becomes_a_module(before: str, after: str, made: str) -> None:
    repaired = repair(NET.format(f"return {before}"))
    assert f"return {after}" in repaired.after
    assert f"        {made}\n" in repaired.after
    assert_same_float(repaired, X)


def test_each_use_of_a_relu_gets_one_named_after_its_layer() -> None:
    repaired = repair(
        NET.format(
            "x = self.act(self.conv1(x))\n        x = self.bn2(x)\n        return self.act(x)"
        )
    )
    assert "        x = self.act(self.conv1(x))\n" in repaired.after
    assert "        return self.act2(x)\n" in repaired.after
    made = "self.act = nn.ReLU(inplace=True)  # shared\n        self.act2 = nn.ReLU(inplace=True)\n"
    assert made in repaired.after
    assert repaired.codes_left == []
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_three_uses() -> None:
    repaired = repair(NET.format("return self.act(self.act(self.act(x)))"))
    assert "return self.act_1(self.act_2(self.act(x)))" in repaired.after or (
        "return self.act_2(self.act_1(self.act(x)))" in repaired.after
    )
    assert repaired.codes_left == []
    assert_same_float(repaired, X)


def test_one_use_in_each_branch_stays() -> None:
    source = NET.format(
        "if x.size(0) > 1:\n            return self.act(x)\n        return self.act(self.conv1(x))"
    )
    assert repair(source).after == source


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            NET.format("for _ in range(2):\n            x = self.act(x)\n        return x"),
            "ModuleList",
        ),
        (
            NET.replace("nn.ReLU(inplace=True)", "make()")
            .replace("class Net", "def make():\n    return nn.ReLU()\n\n\nclass Net")
            .format("return self.act(self.act(x))"),
            "not written out",
        ),
        (NET.format("return F.relu(x, inplace=self.training)"), "in place is not written out"),
        (NET.format("return F.relu(*(x,))"), "not written out"),
    ],
)
def test_what_takes_a_human_is_left_with_a_reason(source: str, reason: str) -> None:
    repaired = repair(source)
    assert repaired.after == source
    assert reason in repaired.reasons


def test_a_relu_of_a_base_class() -> None:
    source = (
        HEAD
        + """

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 1)
        self.conv2 = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU(inplace=True)


class Net(Base):
    def forward(self, x):
        return self.relu(self.conv2(self.relu(self.conv1(x))))
"""
    )
    repaired = repair(source)
    assert "super().__init__(*args, **kwargs)\n        self.relu2 = nn.ReLU(inplace=True)\n" in (
        repaired.after
    )
    assert "return self.relu2(self.conv2(self.relu(self.conv1(x))))" in repaired.after
    assert repaired.codes_left == []
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_a_relu_of_a_base_that_is_not_given(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        f"{HEAD}\n\nclass Base(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.relu = nn.ReLU()\n"
    )
    path = tmp_path / "net.py"
    path.write_text(
        "from base import Base\n\n\nclass Net(Base):\n    def forward(self, x):\n"
        "        return self.relu(self.relu(x))\n"
    )
    done = fix([path], Settings(tmp_path, assume_quantized=True), {}, unsafe=True)
    assert list(done.changed()) == []
    (left,) = done.diagnostics
    assert f"`relu` is made in `Base`, in {tmp_path / 'base.py'}, which is not among" in left.no_fix


IN_PLACE = (
    HEAD
    + """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 3, 1)
        self.act = nn.ReLU()
        for m in self.modules():
            if isinstance(m, nn.ReLU):
                SET

    def forward(self, x):
        z = self.conv1(self.act(x * 1.0))
        return RETURN
"""
)


@pytest.mark.parametrize("line", ["m.inplace = True", "setattr(m, 'inplace', True)"])
def test_a_relu_that_the_program_makes_work_in_place_would_overwrite(line: str) -> None:
    source = IN_PLACE.replace("SET", line).replace("RETURN", "[F.relu(z), z]")
    repaired = repair(source)
    assert "F.relu(z), z" in repaired.after
    assert "makes modules work in place" in repaired.reasons
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("line", "returned"),
    [
        ("m.inplace = True", "F.relu(self.conv1(z)), z"),  # nobody else reads it
        ("m.inplace = False", "F.relu(z), z"),
        ("self.inplace = True", "F.relu(z), z"),
    ],
)
def test_a_relu_overwrites_nothing(line: str, returned: str) -> None:
    source = IN_PLACE.replace("SET", line).replace("RETURN", f"[{returned}]")
    repaired = repair(source)
    assert "F.relu" not in repaired.after
    assert_same_float(repaired, X)
