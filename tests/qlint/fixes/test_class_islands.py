"""What happens in plain functions: the class whose forward calls them becomes a float island."""

from __future__ import annotations

import pytest
import torch

from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair, run_int8

X = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
SOURCE = (
    HEAD
    + """

def attention(x, weight, bias):
    scores = torch.softmax(F.linear(x, weight, bias) * 0.3, dim=-1)
    return scores + x


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(4, 4)
        if True:
            self.scale = 1.0  # last

    def forward(self, x, scale: float = 1.0):
        \"\"\"Attend.\"\"\"
        if scale == 0:
            return x
        return attention(
            x, self.proj.weight, self.proj.bias
        )


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.first = Attention()
        self.second = Attention()

    def forward(self, x):
        return self.second(self.first(self.conv(x)), scale=2.0)
"""
)


def test_the_class_around_becomes_an_island() -> None:
    repaired = repair(SOURCE, unsafe=True)
    assert (
        "            self.scale = 1.0  # last\n"
        "        for layer in self.children():  # what works on float tensors stays float\n"
        "            if not isinstance(layer, QuantStub):\n"
        "                layer.qconfig = None\n"
        "        self.dequant = DeQuantStub()\n"
        "        self.quant = QuantStub()\n"
    ) in repaired.after
    assert '"""Attend."""\n        x = self.dequant(x)\n' in repaired.after
    assert "            return self.quant(x)\n" in repaired.after
    assert "        return self.quant(attention(\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []
    assert repair(SOURCE).after == SOURCE


def test_without_layers_of_its_own() -> None:
    source = (
        f"{HEAD}\n\ndef double(x):\n    return x + x\n\n\nclass Net(nn.Module):\n"
        "    def forward(self, x):\n        return double(x)\n"
    )
    repaired = repair(source, unsafe=True)
    assert "x = self.dequant(x)\n        return self.quant(double(x))\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "def forward(self, x, scale: float = 1.0):",
            "def forward(self, *x, scale=1.0):\n        x, = x",
        ),
        ("            return x\n", "            return x, x\n"),
        ("self.first(self.conv(x))", "self.first([self.conv(x)][0])"),
    ],
)
def test_what_is_more_than_one_tensor_takes_a_human(before: str, after: str) -> None:
    assert before in SOURCE
    repaired = repair(SOURCE.replace(before, after), unsafe=True)
    if after.startswith("self.first"):
        assert repaired.codes_left == []
        return
    assert "plain function" in repaired.reasons
    assert "layer.qconfig" not in repaired.after
