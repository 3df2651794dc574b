"""What happens in plain functions: the class whose forward calls them becomes a float island."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from qlint.config import Settings
from qlint.engine import lint
from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair, run_int8

if TYPE_CHECKING:
    from qlint.diagnostics import Diagnostic, Fix

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


def test_layers_whose_outputs_meet_in_the_function() -> None:
    source = (
        HEAD
        + """

def helper(a, b):
    return a + b


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Sequential(nn.Conv2d(3, 3, 1))


class Net(Base):
    def forward(self, x):
        return helper(self.second(x), self.first(x))
"""
    )
    repaired = repair(source, unsafe=True)
    assert repaired.left == []
    assert repaired.after.count("DeQuantStub()") == 1
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_what_quantizes_tensors_itself_is_no_island() -> None:
    source = (
        HEAD
        + """

def helper(a):
    return a + a


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.again = torch.ao.quantization.QuantStub()

    def forward(self, x):
        return helper(self.again(x))
"""
    )
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    (left,) = repaired.left
    assert "quantizes tensors itself" in (left.no_fix or "")


def test_what_works_on_floats_in_the_island_needs_no_other() -> None:
    """What is called from two classes has no fix if one of them cannot be an island; what is called
    from the other alone has one, with names of its own.
    """
    source = (
        HEAD
        + """

def both(a):
    return a + a


def one(a):
    return a * a


class Good(nn.Module):
    def forward(self, x):
        return one(both(torch.logsumexp(x, 1, keepdim=True)))


class Pair(nn.Module):
    def forward(self, x):
        return both(x), x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.good, self.pair = Good(), Pair()

    def forward(self, x):
        return self.pair(self.good(x))
"""
    )
    first = _lint(source)
    assert len({line for each in first if each.fix for line in _given(each.fix)}) == 4
    repaired = repair(source, unsafe=True)
    assert len(repaired.left) == 1
    assert repaired.after.count("Stub()") == 2
    assert_same_float(repaired, X)


def _lint(source: str) -> list[Diagnostic]:
    path = Path("/nowhere/model.py")
    return lint([path], Settings(path.parent, assume_quantized=True), {path: source.encode()})


def _given(fix: Fix) -> list[str]:
    """The lines that give an instance an attribute."""
    return [line for edit in fix.edits for line in edit.content.splitlines() if "Stub()" in line]


@pytest.mark.parametrize(
    "lines",
    [
        (
            "if skip is None:",
            "    return gate(self.conv(x))",
            "else:",
            "    return gate(self.conv(x), skip)",
        ),
        ("with torch.no_grad():", "    return gate(self.conv(x), skip)"),
        ("try:", "    return gate(self.conv(x), skip)", "finally:", "    pass"),
        ("return gate(self.conv(x), skip)",),
    ],
)
def test_forwards_that_end_in_a_compound_statement(lines: tuple[str, ...]) -> None:
    body = "\n        ".join(lines)
    source = f"""{HEAD}

def gate(x, skip=None):
    y = torch.tanh(x).exp()
    return y if skip is None else y.atan2(skip)


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x, skip=None):
        {body}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.out = Gate(), Gate(), nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.out(self.b(self.a(x), skip=x))
"""
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    repaired = repair(source, unsafe=True)
    assert "skip if skip is None else self.dequant(skip)" in repaired.after
    assert_same_float(repaired, x)
    run_int8(repaired.after, x)


def test_a_layer_that_gets_a_packed_sequence() -> None:
    source = HEAD + (
        "from torch.nn.utils.rnn import pack_padded_sequence\n\n\nclass Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n"
        "        self.rnn = nn.LSTM(4, 4, bidirectional=True)\n\n"
        "    def forward(self, x):\n"
        "        return self.rnn(pack_padded_sequence(x, [3, 3]))\n"
    )
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    assert "stubs take no PackedSequence" in repaired.reasons


@pytest.mark.parametrize(
    ("inner", "call"),
    [
        (
            "class Swish(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, x):\n"
            "        y = x * torch.sigmoid(x)\n        ctx.save_for_backward(x)\n"
            "        return y\n",
            "Swish.apply(x)",
        ),
        (
            "class Swish:\n    def __call__(self, x):\n        return x * torch.sigmoid(x)\n",
            "Swish()(x)",
        ),
    ],
)
def test_what_a_plain_object_does(inner: str, call: str) -> None:
    """So does the module around code of a class that is none, such as an autograd.Function."""
    source = HEAD + (
        f"\n\n{inner}\n\nclass Act(nn.Module):\n    def forward(self, x):\n        return {call}\n"
        "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv, self.act = nn.Conv2d(3, 3, 1), Act()\n\n"
        "    def forward(self, x):\n        return self.act(self.conv(x))\n"
    )
    assert repair(source).after == source
    repaired = repair(source, unsafe=True)
    assert repaired.codes_left == []
    assert "        x = self.dequant(x)\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(("name", "expected"), [("fuse", False), ("describe", True)])
def test_a_method_that_a_derived_class_overrides(name: str, expected: bool) -> None:
    source = (
        HEAD
        + f"""

class Mixin:
    def fuse(self, a, b):
        return a + b


class Block(Mixin, nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.fuse(self.conv(x), x)


class Wide(Block):
    def {name}(self, a, b):
        return torch.cat([a, b], dim=1)[:, :3]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.first = Block()
        self.second = Wide()

    def forward(self, x):
        return self.second(self.first(self.conv(x)))
"""
    )
    repaired = repair(source, unsafe=True)
    assert ("qconfig = None" in repaired.after) == expected
    assert ("`Wide` has a `fuse` of its own" in repaired.reasons) != expected
    assert_same_float(repaired, X)


@pytest.mark.parametrize(("call", "both"), [("super().forward(x)", False), ("self.conv(x)", True)])
def test_an_island_that_runs_the_forward_of_its_base(call: str, both: bool) -> None:
    source = (
        HEAD
        + f"""

def plus(a, b):
    return a + b


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return plus(self.conv(x), x)


class Twice(Block):
    def forward(self, x):
        return plus({call}, x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.first = Block()
        self.second = Twice()

    def forward(self, x):
        return self.second(self.first(self.conv(x)))
"""
    )
    repaired = repair(source, unsafe=True)
    assert ("and both cannot be islands" in repaired.reasons) != both
    assert_same_float(repaired, X)
    if both:
        run_int8(repaired.after, X)
