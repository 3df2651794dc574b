"""Operations in loops get a module for each round, where the rounds can be counted."""

from __future__ import annotations

import pytest
import torch

from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair, run_int8

X = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))
_CONV = "nn.Conv2d(4, 4, 1)"


def net(init: str, *lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return HEAD + (
        "\n\nclass Net(nn.Module):\n    def __init__(self, depth=3):\n"
        f"        super().__init__()\n        self.depth = depth\n        {init}\n\n"
        f"    def forward(self, x):\n{body}        return x\n"
    )


CONVS = f"self.convs = nn.ModuleList([{_CONV} for _ in range(depth)])"
NAMED = f"self.convs = nn.ModuleDict({{'a': {_CONV}, 'b': {_CONV}}})"
TWO = f"{CONVS}\n        self.more = nn.ModuleList([{_CONV} for _ in range(depth)])"


@pytest.mark.parametrize(
    ("init", "lines", "made", "after"),
    [
        (
            CONVS,
            ["for i in range(self.depth):", "    x = x + self.convs[i](x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in range(self.depth)])",
            "    x = self.add[i].add(x, self.convs[i](x))",
        ),
        (
            CONVS,
            ["for i in range(1, len(self.convs)):", "    x = x + self.convs[i](x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in range(len(self.convs))])",
            "    x = self.add[i].add(x, self.convs[i](x))",
        ),
        (
            CONVS,
            ["for i in range(self.depth - 1, -1, -1):", "    x += self.convs[i](x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in range(self.depth - 1 + 1)])",
            "    x = self.add[i].add(x, self.convs[i](x))",
        ),
        (
            CONVS,
            ["for n, conv in enumerate(self.convs):", "    x = torch.cat([x, conv(x)], 1)[:, :4]"],
            "self.cat = nn.ModuleList([FloatFunctional() for _ in self.convs])",
            "    x = self.cat[n].cat([x, conv(x)], 1)[:, :4]",
        ),
        (
            CONVS,
            ["for conv in self.convs:", "    x = F.relu(x * conv(x))"],
            "self.mul = nn.ModuleList([FloatFunctional() for _ in self.convs])",
            "    x = self.relu[i](self.mul[i].mul(x, conv(x)))",
        ),
        (
            CONVS,
            ["for i in self.convs:", "    x = x + i(x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in self.convs])",
            "for n, i in enumerate(self.convs):",
        ),
        (
            TWO,
            ["for a, b in zip(self.convs, self.more):", "    x = a(x) + b(x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in zip(self.convs, self.more)])",
            "for i, (a, b) in enumerate(zip(self.convs, self.more)):",
        ),
        (
            TWO,
            ["for (a, _), b in zip(zip(self.convs, self.more), self.more):", "    x = a(x) + b(x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in "
            "zip(zip(self.convs, self.more), self.more)])",
            "for i, ((a, _), b) in enumerate(zip(zip(self.convs, self.more), self.more)):",
        ),
        (
            TWO,
            ["for (a, b) in zip(self.convs, self.more):", "    x = a(x) + b(x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in zip(self.convs, self.more)])",
            "for i, (a, b) in enumerate(zip(self.convs, self.more)):",
        ),
        (
            NAMED,
            ["for name, conv in self.convs.items():", "    x = x + conv(x)"],
            "self.add = nn.ModuleList([FloatFunctional() for _ in self.convs.items()])",
            "for i, (name, conv) in enumerate(self.convs.items()):",
        ),
        (
            CONVS,
            ["for _ in range(2):", "    x = F.silu(x)"],
            "self.silu_quant = nn.ModuleList([QuantStub() for _ in range(2)])",
            "    x = self.silu_quant[i](F.silu(self.silu_dequant[i](x)))",
        ),
        (
            TWO,
            ["for conv in self.convs:", "    for i in range(2):", "        x = x + conv(x)"],
            "self.add = nn.ModuleList([nn.ModuleList([FloatFunctional() for _ in range(2)]) "
            "for _ in self.convs])",
            "        x = self.add[n][i].add(x, conv(x))",
        ),
    ],
)
def test_a_module_for_each_round(init: str, lines: list[str], made: str, after: str) -> None:
    source = net(init, *lines)
    assert "ModuleList([FloatFunctional" not in repair(source).after  # not without being asked
    repaired = repair(source, unsafe=True)
    assert f"        {made}\n" in repaired.after
    assert f"        {after}\n" in repaired.after
    assert {*repaired.codes_left} <= {"QL203"}  # a convolution that is called on each round
    assert_same_float(repaired, X)
    assert_same_float(repaired, X, train=True)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(
    ("init", "lines"),
    [
        (CONVS, ["for conv in self.convs[1:]:", "    x = x + conv(x)"]),
        (CONVS, ["for i in range(x.dim()):", "    x = x + x"]),
        (CONVS, ["for i in range(-2, 1):", "    x = x + self.convs[i](x)"]),
        (CONVS, ["for i in range(3):", "    i = 0", "    x = x + self.convs[i](x)"]),
        (CONVS, ["n = 0", "while n < self.depth:", "    x, n = x + self.convs[n](x), n + 1"]),
        (CONVS, ["for n in range(self.depth):", "    self.depth = 2", "    x = x + x"]),
        ("self.parts = zip([1, 2], [3, 4])", ["for a, b in self.parts:", "    x = x * x"]),
        ("self.parts = (n for n in range(2))", ["for n in self.parts:", "    x = x * x"]),
        (f"if depth:\n            {CONVS}", ["for conv in self.convs:", "    x = x + conv(x)"]),
        (
            f"{CONVS}\n        if depth > 9:\n            return",
            ["for c in self.convs:", " x = x + c(x)"],
        ),
        (CONVS, ["return [x + conv(x) for conv in self.convs]"]),
    ],
)
def test_rounds_that_are_not_known_before(init: str, lines: list[str]) -> None:
    source = net(init, *lines)
    repaired = repair(source, unsafe=True)
    assert "ModuleList([FloatFunctional" not in repaired.after
    assert repaired.codes_left
    assert_same_float(repaired, X)


def test_a_list_that_others_change() -> None:
    source = net(CONVS, "for conv in self.convs:", "    x = x + conv(x)")
    for changed in ("net.convs.append(nn.Identity())", "net.convs = nn.ModuleList()"):
        repaired = repair(f"{source}\n\nnet = Net()\n{changed}\n", unsafe=True)
        assert "ModuleList([FloatFunctional" not in repaired.after


def test_a_list_that_a_derived_class_replaces() -> None:
    source = net(CONVS, "for conv in self.convs:", "    x = x + conv(x)") + (
        "\n\nclass Longer(Net):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.convs = nn.ModuleList([{_CONV} for _ in range(9)])\n"
    )
    assert "ModuleList([FloatFunctional" not in repair(source, unsafe=True).after


@pytest.mark.parametrize(
    ("init", "loop", "outside"),
    [
        (CONVS, "for conv in self.convs:", "convs = net.convs\nconvs.append(nn.Identity())\n"),
        (CONVS, "for i in range(self.depth):", 'setattr(net, "depth", 2)\n'),
    ],
)
def test_what_changes_indirectly_is_not_counted(init: str, loop: str, outside: str) -> None:
    source = net(init, loop, "    x = x + x")
    assert "nn.ModuleList([FloatFunctional()" in repair(source, unsafe=True).after
    repaired = repair(f"{source}\n\nnet = Net()\n{outside}", unsafe=True)
    assert "FloatFunctional" not in repaired.after
    assert "it takes an nn.ModuleList with one for each" in repaired.reasons
