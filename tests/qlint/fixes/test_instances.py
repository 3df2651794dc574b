"""FloatFunctionals that are used several times; of shared ReLUs see ``test_relus``."""

from __future__ import annotations

import pytest
import torch

from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair, run_int8

X = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def net(*forward: str, init: str = "self.skip = FloatFunctional()", base: str = "nn.Module") -> str:
    """A model with a convolution, and whatever else ``init`` makes."""
    lines = "\n        ".join(forward)
    return f"""{HEAD}from torch.ao.nn.quantized import FloatFunctional


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.shared = torch.ao.nn.quantized.FloatFunctional()


class Net({base}):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        {init}

    def forward(self, x):
        {lines}
"""


def test_each_use_has_its_own() -> None:
    source = net(
        "y = self.skip.add(x, self.conv(x))",
        "y = self.skip.cat([y, x], 1)",
        "return self.skip.mul(y, y)  # gate",
    )
    repaired = repair(source)
    assert repaired.left == []
    assert repaired.count == 2
    for line in (
        "        self.skip_1 = FloatFunctional()\n",
        "y = self.skip.add(x, self.conv(x))",
        "y = self.skip_1.cat([y, x], 1)",
        "return self.skip_2.mul(y, y)  # gate",
    ):
        assert line in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_of_a_base_class_and_by_a_dotted_name() -> None:
    source = net(
        "y = self.shared.add(x, self.conv(x))", "return self.shared.mul(x, y)", base="Base"
    )
    repaired = repair(source)
    assert repaired.left == []
    assert "return self.shared_1.mul(x, y)" in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(
    ("forward", "init", "reason"),
    [
        (["for _ in range(3):", "    x = self.skip.add(x, x)", "return x"], None, "nn.ModuleList"),
        (
            ["x = self.skip.add(x, x)", "return self.skip.add(x, x)"],
            "self.skip = torch.nn.Sequential(FloatFunctional())[0]",
            "not written out",
        ),
        (["f = self.skip", "x = f.add(x, x)", "return f.add(x, x)"], None, "no attribute"),
        (
            ["x = self.skip.a.add(x, x)", "return self.skip.a.add(x, x)"],
            "self.skip = nn.Module(); self.skip.a = FloatFunctional()",
            "belongs to another module",
        ),
    ],
)
def test_what_takes_a_human(forward: list[str], init: str | None, reason: str) -> None:
    source = net(*forward, **({} if init is None else {"init": init}))
    repaired = repair(source)
    assert repaired.after == source
    assert repaired.codes_left == ["QL302"]
    assert reason in repaired.reasons


def test_scalars_and_branches_share_nothing() -> None:
    source = net(
        "if x.shape[0] > 1:",
        "    x = self.skip.add(x, x)",
        "else:",
        "    x = self.skip.mul(x, x)",
        "return self.skip.mul_scalar(self.skip.add_scalar(x, 1.0), 2.0)",
    )
    repaired = repair(source)
    assert repaired.after == source
    assert repaired.left == []


def test_a_relu_that_has_a_local_name_as_well() -> None:
    source = f"""{HEAD}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        act = self.relu = nn.ReLU(inplace=True)
        self.head = nn.Sequential(nn.Conv2d(3, 3, 1), act)
        self.conv1, self.conv2 = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x = self.relu(self.conv1(x))
        return self.relu(self.conv2(x))
"""
    repaired = repair(source)
    assert "self.relu2 = nn.ReLU(inplace=True)" in repaired.after
    assert_same_float(repaired, torch.randn(1, 3, 4, 4))


def test_an_island_that_is_used_twice() -> None:
    """The island of a SiLU that is called twice has a quantizer for each call."""
    source = HEAD + (
        "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1)\n"
        "        self.act = nn.SiLU(inplace=True)\n\n"
        "    def forward(self, x):\n"
        "        return self.act(self.b(self.act(self.a(x))))\n"
    )
    repaired = repair(source, unsafe=True)
    assert repaired.codes_left == []
    assert repaired.after.count("= FloatSiLU(inplace=True)\n") == 2
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


def test_one_instance_for_all() -> None:
    """Where one instance is shared by all, an island would have one quantizer for all."""
    source = HEAD + (
        "\n\nclass Conv(nn.Module):\n    default_act = nn.SiLU()\n\n"
        "    def __init__(self, i, o):\n        super().__init__()\n"
        "        self.conv, self.act = nn.Conv2d(i, o, 1), self.default_act\n\n"
        "    def forward(self, x):\n        return self.act(self.conv(x))\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.a, self.b = Conv(3, 4), Conv(4, 4)\n\n"
        "    def forward(self, x):\n        return self.b(self.a(x))\n"
    )
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    assert "`self.act` is one instance that is called several times here" in repaired.reasons


def test_a_layer_that_is_used_twice_keeps_its_weights() -> None:
    source = HEAD + (
        "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 3, 1)\n\n"
        "    def forward(self, x):\n        return self.conv(self.conv(x))\n"
    )
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    assert repaired.codes_left == ["QL203"]
