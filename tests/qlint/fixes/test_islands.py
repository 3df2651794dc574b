"""What has no int8 kernel becomes a float island: the same in float, and it runs in int8."""

from __future__ import annotations

import pytest
import torch

from pytest_qcheck.numerics import sqnr_db
from tests.qlint.fixes.repaired import HEAD, assert_same_float, make, repair, run_int8
from tests.qlint.fixes.test_functionals import X, net

FORMS = {
    "F.silu(y)": "self.silu_quant(F.silu(self.silu_dequant(y)))",
    "torch.softmax(y, dim=1)": "self.softmax_quant(torch.softmax(self.softmax_dequant(y), dim=1))",
    "y.softmax(1)": "self.softmax_quant(self.softmax_dequant(y).softmax(1))",
    "-y": "self.neg_quant(-self.neg_dequant(y))",
    "y ** 2": "self.pow_quant(self.pow_dequant(y) ** 2)",
    "y / z": "self.div_quant(self.div_dequant(y) / self.div_dequant(z))",
    "y / 3": "self.div_quant(self.div_dequant(y) / 3)",
    "torch.div(y, z)": "self.div_quant(torch.div(self.div_dequant(y), self.div_dequant(z)))",
    "1 / y": "self.div_quant(1 / self.div_dequant(y))",
    "y // 2": "self.floordiv_quant(self.floordiv_dequant(y) // 2)",
    "torch.add(y, z, alpha=0.3)": (
        "self.add_quant(torch.add(self.add_dequant(y), self.add_dequant(z), alpha=0.3))"
    ),
    "torch.maximum(y, z)": (
        "self.maximum_quant(torch.maximum(self.maximum_dequant(y), self.maximum_dequant(z)))"
    ),
    "y.sum(1)": "self.sum_quant(self.sum_dequant(y).sum(1))",
    "y.float()": "self.float_quant(self.float_dequant(y).float())",
    "torch.einsum('nchw,nchw->nchw', y, z)": (
        "self.einsum_quant(torch.einsum('nchw,nchw->nchw', "
        "self.einsum_dequant(y), self.einsum_dequant(z)))"
    ),
    "F.interpolate(y, scale_factor=2, mode='bicubic')": (
        "self.interpolate_quant(F.interpolate(self.interpolate_dequant(y), "
        "scale_factor=2, mode='bicubic'))"
    ),
    "torch.maximum(y, z + 1)": (
        "self.maximum_quant(torch.maximum(self.maximum_dequant(y), "
        "self.maximum_dequant(self.shift.add_scalar(z, 1.0))))"
    ),
    "-(-y)": ("self.neg_quant(-self.neg_dequant((self.neg_quant_1(-self.neg_dequant_1(y)))))"),
    "F.silu(y) * z": "self.mul.mul(self.silu_quant(F.silu(self.silu_dequant(y))), z)",
}


@pytest.mark.parametrize("form", FORMS)
def test_an_operation(form: str) -> None:
    source = net(f"return {form}")
    repaired = repair(source, unsafe=True)
    assert f"        return {FORMS[form]}\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []
    safe = repair(source)
    assert "Stub" not in safe.after


@pytest.mark.parametrize(
    ("statement", "after"),
    [
        ("y /= z", "y = self.div_quant(self.div_dequant(y) / self.div_dequant(z))"),
        ("y /= 3", "y = self.div_quant(self.div_dequant(y) / 3)"),
        ("y /= z if x.dim() else y", None),
    ],
)
def test_in_place(statement: str, after: str | None) -> None:
    repaired = repair(net(statement, "return y"), unsafe=True)
    if after is not None:
        assert f"        {after}\n" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


MODULES = {
    "self.layer = nn.SiLU()": "class FloatSiLU(nn.SiLU):",
    "self.layer = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Mish(inplace=True))": (
        "class FloatMish(nn.Mish):"
    ),
    "self.layer = nn.Sequential(*[nn.Softmax(dim=1) for _ in range(2)])": (
        "class FloatSoftmax(nn.Softmax):"
    ),
    "self.layer = make(nn.SiLU)": "class FloatSiLU(nn.SiLU):",
    "self.layer = make(act)": "class FloatSiLU(nn.SiLU):",
    "self.layer = nn.Sequential(nn.PReLU(3), nn.PReLU(3))": "class FloatPReLU(nn.PReLU):",
    'self.layer = nn.Conv2d(3, 3, 3, padding="same")': "class FloatConv2d(nn.Conv2d):",
}


@pytest.mark.parametrize("made", MODULES)
def test_a_module(made: str) -> None:
    source = net("return self.layer(y)", init=made).replace(
        "class Net(nn.Module):\n    def __init__(self):",
        "def make(act):\n    return nn.Sequential(nn.Conv2d(3, 3, 1), act())\n\n\n"
        "class Net(nn.Module):\n    def __init__(self, act=nn.SiLU):",
    )
    repaired = repair(source, unsafe=True)
    assert MODULES[made] in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []
    assert repair(source).after == source


def test_a_layer_of_a_derived_class() -> None:
    source = net(
        "return self.plain(self.norm(y))", init="self.norm = LayerNorm2d(3)\nself.plain = Plain(4)"
    ).replace(
        "class Net",
        "class LayerNorm2d(nn.LayerNorm):\n    def forward(self, x):\n"
        "        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)\n\n\n"
        "class Plain(nn.LayerNorm):\n    pass\n\n\nclass Net",
    )
    repaired = repair(source, unsafe=True)
    assert "self.norm_quant(self.norm(self.norm_dequant(y)))" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []


def test_classes_from_a_table() -> None:
    source = net("return self.act(y)", init='self.act = TABLE["silu"]()').replace(
        "class Net", 'TABLE = {"silu": nn.SiLU, "mish": nn.Mish}\n\n\nclass Net'
    )
    repaired = repair(source, unsafe=True)
    assert 'TABLE = {"silu": FloatSiLU, "mish": nn.Mish}' in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_attention_and_recurrence() -> None:
    source = f"""{HEAD}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.gru = nn.GRU(4, 4)

    def forward(self, x):
        y, _ = self.attention(x, x, x, need_weights=False)
        y, state = self.gru(y)
        return y
"""
    x = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))
    repaired = repair(source, unsafe=True)
    assert "self.attention = FloatMultiheadAttention(4, 2, batch_first=True)" in repaired.after
    assert "self.gru = FloatGRU(4, 4)" in repaired.after
    assert_same_float(repaired, x)
    run_int8(repaired.after, x)
    assert repaired.codes_left == []


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("for _ in range(y.dim()):", "    y = F.silu(y)", "return y"), "loop"),
        (("return torch.std_mean(y)",), "several tensors"),
        (("return y.masked_fill(y > 0, float('-inf'))",), "alone would not help"),
    ],
)
def test_what_takes_a_human_is_left_with_a_reason(lines: tuple[str, ...], reason: str) -> None:
    repaired = repair(net(*lines), unsafe=True)
    assert reason in repaired.reasons


def test_a_layer_whose_code_is_repaired_needs_no_island_around_it() -> None:
    """Two stubs in a row would quantize what is int8 already."""
    source = f"""{HEAD}

class SameConv(nn.Conv2d):
    def forward(self, x):
        return F.conv2d(F.pad(x, (1, 1, 1, 1)), self.weight, self.bias)


class Plain(nn.Conv2d):
    pass


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.same, self.plain = SameConv(3, 3, 3), Plain(3, 3, 1)

    def forward(self, x):
        return self.plain(self.same(x))
"""
    repaired = repair(source, unsafe=True)
    assert repaired.left == []
    assert "self.plain_quant(self.plain(self.plain_dequant(self.same(x))))" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


RECURRENT = f"""{HEAD}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(4, 4, batch_first=True)
        self.again = nn.GRU(4, 4, batch_first=True)
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        y, state = self.rnn(x)
        z, _ = self.again(y, state)
        return self.fc(z), self.fc(state[-1])
"""


def test_states_of_recurrent_layers_are_int8_as_well() -> None:
    x = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))
    repaired = repair(RECURRENT, unsafe=True)
    assert repaired.codes_left == ["QL203"]
    assert_same_float(repaired, x)
    run_int8(repaired.after, x)


def test_states_of_an_lstm_are_int8_as_well() -> None:
    x = torch.randn(2, 5, 4, generator=torch.Generator().manual_seed(0))
    source = RECURRENT.replace("nn.RNN(4, 4,", "nn.LSTM(4, 4, proj_size=0,").replace(
        "self.again(y, state)", "self.again(y, state[0])"
    )
    source = source.replace("self.fc(state[-1])", "self.fc(state[0][-1]), self.fc(state[1][-1])")
    repaired = repair(source, unsafe=True)
    assert_same_float(repaired, x)
    run_int8(repaired.after, x)


def test_a_module_that_works_on_floats_too() -> None:
    source = f"""{HEAD}
from torch.ao.quantization import DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = nn.SiLU()
        self.after = nn.SiLU()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.dequant(self.act(self.conv(x)))
        return self.act(x) + 1
"""
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    assert "works on float tensors as well" in repaired.reasons
    repaired = repair(source.replace("self.act(x) + 1", "self.after(x) + 1"), unsafe=True)
    assert "self.act = FloatSiLU()" in repaired.after
    assert "self.after = nn.SiLU()" in repaired.after
    assert not run_int8(repaired.after, X)[0].is_quantized


LATE = """
def threads():
    pass


threads()

import torch
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x)) + x
"""


@pytest.mark.parametrize("head", ["", "import os\n\n", "from torch.ao import quantization\n\n"])
def test_an_island_stands_below_what_it_needs(head: str) -> None:
    repaired = repair(head + LATE, unsafe=True)
    assert "self.act = FloatSiLU()" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(
    ("made", "call", "after"),
    [
        ("nn.GELU()", "self.act(x)", "FloatGELU()"),
        ("nn.Sequential(nn.Conv2d(3, 4, 1), nn.GELU())", "self.act(x)", "FloatGELU())"),
        ("nn.Identity()", "F.gelu(x)", "self.gelu_quant(F.gelu(self.gelu_dequant(x)))"),
        ("nn.Identity()", "F.gelu(x, approximate='tanh')", "self.gelu_quant(F.gelu("),
    ],
)
def test_gelu_gets_a_scale_of_its_own(made: str, call: str, after: str) -> None:
    source = HEAD + (
        "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.act = {made}\n\n    def forward(self, x):\n        return {call}\n"
    )
    left_alone = repair(source, unsafe=True)
    assert left_alone.after == source
    assert left_alone.codes_left == []
    repaired = repair(source, unsafe=True, extend_select=("QL218",))
    assert after in repaired.after
    assert repaired.codes_left == []
    assert_same_float(repaired, X)
    (expected,), (before,), (now,) = (
        [make(source)(X - 1.0).detach()],
        run_int8(source, X - 1.0),
        run_int8(repaired.after, X - 1.0),
    )
    assert sqnr_db(expected, now) > sqnr_db(expected, before) + 2.0


def test_an_operation_beside_a_gelu_is_repaired_alone() -> None:
    source = HEAD + (
        "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.act = nn.Sequential(nn.GELU(), nn.SiLU())\n\n"
        "    def forward(self, x):\n        return self.act(x) + F.gelu(x)\n"
    )
    repaired = repair(source, unsafe=True)
    assert "nn.Sequential(nn.GELU(), FloatSiLU())" in repaired.after
    assert "self.add.add(self.act(x), F.gelu(x))" in repaired.after
    both = repair(source, unsafe=True, extend_select=("QL218",))
    assert "nn.Sequential(FloatGELU(), FloatSiLU())" in both.after
    assert both.codes_left == []
    assert_same_float(both, X)
    run_int8(both.after, X)
