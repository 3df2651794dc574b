"""Stubs that a model lacks: the script fails before, and runs to its end after."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch

from tests.qlint.fixes.repaired import ENGINE, repair

HEAD = """\
import torch
from torch import nn
from torch.ao.quantization import (
    DeQuantStub, QuantStub, QuantWrapper, convert, get_default_qconfig, prepare
)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.conv(x))

"""
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.quant = {}
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        {}

"""
SCRIPT = """
model = {}.eval()
model.qconfig = get_default_qconfig("{}")
model = prepare(model)
model(torch.rand(2, 3, 4, 4))
model = convert(model)
result = model(torch.rand(2, 3, 4, 4))
"""


def script(*forward: str, model: str = "Net()", quant: str = "QuantStub()") -> str:
    lines = "\n        ".join(forward)
    return HEAD + NET.format(quant, lines) + SCRIPT.format(model, ENGINE)


def run(source: str) -> torch.Tensor:
    """What the converted model of a script returns."""
    torch.backends.quantized.engine = ENGINE
    names: dict[str, Any] = {"__name__": "script"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        exec(compile(source, "<script>", "exec"), names)
    result = names["result"]
    assert isinstance(result, torch.Tensor)
    return result


@pytest.mark.parametrize(
    "source",
    [
        script("return self.fc(self.block(x).mean([2, 3]))", quant="None"),
        script("'''Go.'''", "x = self.block(x)", "return self.fc(x.mean([2, 3]))", quant="None"),
        script("return x", model="Block()", quant="None"),
        HEAD
        + f"""
def quantize(model):
    model.qconfig = get_default_qconfig("{ENGINE}")
    prepare(model, inplace=True)
    model(torch.rand(2, 3, 4, 4))
    return convert(model)


class Net(Block):
    pass


result = quantize(Net().eval())(torch.rand(2, 3, 4, 4))
""",
    ],
)
def test_a_model_without_stubs_gets_both(source: str) -> None:
    with pytest.raises(NotImplementedError, match="quantized::"):
        run(source)
    repaired = repair(source, unsafe=True, assume_quantized=False)
    assert repaired.left == []
    assert repaired.after.count("QuantStub()") - source.count("QuantStub()") == 2
    assert not run(repaired.after).is_quantized


def test_without_unsafe_fixes_nothing_changes() -> None:
    source = script("return self.fc(self.block(x).mean([2, 3]))", quant="None")
    repaired = repair(source, assume_quantized=False)
    assert repaired.after == source
    assert sorted(repaired.codes_left) == ["QL401", "QL402"]


def test_the_output_is_dequantized() -> None:
    source = script("return (  # all\n            self.block(self.quant(x))\n        )")
    assert run(source).is_quantized
    repaired = repair(source, unsafe=True, assume_quantized=False)
    assert repaired.left == []
    assert "  # all\n            self.dequant(self.block(self.quant(x)))\n" in repaired.after
    assert not run(repaired.after).is_quantized


@pytest.mark.parametrize(
    ("source", "code", "reason"),
    [
        (
            script(
                "x = self.block(self.quant(x)).mean([2, 3])",
                "return self.fc(DeQuantStub()(x))",
            ),
            "QL401",
            "where int8 begins anew",
        ),
        (script("y = self.block(self.quant(x))", "return [y], y"), "QL402", "several things"),
        (
            script("return self.block(x)", quant="None").replace(
                "def forward(self, x):\n        return self.b",
                "def forward(self, x, y=None):\n        return self.b",
            ),
            "QL401",
            "several inputs",
        ),
    ],
)
def test_what_is_a_choice(source: str, code: str, reason: str) -> None:
    repaired = repair(source, unsafe=True, assume_quantized=False)
    assert code in repaired.codes_left
    assert reason in repaired.reasons


@pytest.mark.parametrize(
    "source",
    [
        script("return x", model="QuantWrapper(Block())"),
        script("return x", model="nn.Sequential(QuantStub(), Block(), DeQuantStub())"),
        # A part that stays float.
        script(
            "x = self.block(x).mean([2, 3])",
            "return self.dequant(self.fc(self.quant(x)))",
        )
        .replace("        self.fc =", "        self.dequant = DeQuantStub()\n        self.fc =")
        .replace("model = prepare", "model.block.qconfig = None\nmodel = prepare"),
        # The caller quantizes and dequantizes.
        script("return x", model="Block()", quant="None").replace(
            "result = model(torch.rand(2, 3, 4, 4))",
            "x = torch.quantize_per_tensor(torch.rand(2, 3, 4, 4), 0.1, 0, torch.quint8)\n"
            "result = model(x).dequantize()",
        ),
        script("return self.block(self.quant(x))").replace(
            "result = model(torch.rand(2, 3, 4, 4))",
            "result = model(torch.rand(2, 3, 4, 4)).dequantize()",
        ),
        # Nothing has a qconfig, so that nothing is quantized.
        script("return self.block(self.quant(x))").replace("model.qconfig", "qconfig"),
    ],
)
def test_what_runs_as_it_is_is_left_alone(source: str) -> None:
    assert not run(source).is_quantized
    repaired = repair(source, unsafe=True, assume_quantized=False)
    assert repaired.left == []
    assert repaired.after == source


@pytest.mark.parametrize(
    "script_",
    [
        "model = torch.ao.quantization.quantize_dynamic(Net())\n",
        "from torch.ao.quantization.quantize_fx import prepare_fx\n"
        "model = prepare_fx(Net(), None, None)\n",
        "model = Net()\n",
        "def main(config):\n    model = Net()\n    model.qconfig = config\n    return model\n",
    ],
)
def test_other_flows_need_no_stubs(script_: str) -> None:
    source = HEAD + NET.format("None", "return self.block(x)") + script_
    assert repair(source, assume_quantized=False).left == []


PART = (
    script("return self.block(x).mean([2, 3])", quant="QuantStub()", model="Block()")
    + """

class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.block = Block()

    def forward(self, x):
        return self.dequant(self.block(QUANT))
"""
)


def test_a_model_that_is_part_of_a_quantized_one_as_well() -> None:
    source = PART.replace("QUANT))", "self.quant(x)))")
    repaired = repair(source, unsafe=True, assume_quantized=False)
    assert repaired.after == source
    assert sorted(repaired.codes_left) == ["QL401", "QL402"]
    assert "part of another model as well" in repaired.reasons


def test_a_model_that_is_part_of_a_float_one_as_well() -> None:
    repaired = repair(PART.replace("QUANT))", "x))"), unsafe=True, assume_quantized=False)
    assert repaired.left == []
