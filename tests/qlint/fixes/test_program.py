"""Fixes that would change what the rest of the program sees: names, hooks, swaps, types."""

from __future__ import annotations

import pytest
import torch

from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair, run_int8

X = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))

BLOCK = (
    HEAD
    + """

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) * 0.5


"""
)
NET = (
    BLOCK
    + """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        self.after = nn.Conv2d(3, 3, 1)
        LINE

    def forward(self, x):
        return self.after(self.block(x))
"""
)


@pytest.mark.parametrize(
    "line",
    [
        "self.block.scale = 3",
        "for m in self.modules():\n            m.has = hasattr(m, 'scale')",
        "self.parts = [n for n, _ in self.named_modules() if n == 'scale']",
        "self.size = getattr(self.block, 'scale', None)",
        "self.size = self.block.scale if isinstance(self.block, Net) else 1",
    ],
)
def test_a_name_that_is_used_from_outside_is_taken(line: str) -> None:
    repaired = repair(NET.replace("LINE", line))
    assert "self.scale_1 = FloatFunctional()" in repaired.after
    assert "self.scale = FloatFunctional()" not in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)


@pytest.mark.parametrize(
    "line",
    [
        "self.size = torch.ones(1).add(1)",
        "self.text = 'a scale'",
        "self.other = 1",
        "self.function = torch.mul",
    ],
)
def test_a_name_that_is_used_otherwise_is_free(line: str) -> None:
    repaired = repair(NET.replace("LINE", line))
    assert "self.scale = FloatFunctional()" in repaired.after
    assert_same_float(repaired, X)


HOOKED = (
    HEAD
    + """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
        self.seen = []
        LINE

    def keep(self, module, args, out):
        self.seen.append(1)

    def forward(self, x):
        out = self.conv(x)
        out += x
        out = self.relu(out)
        return out, torch.full((1,), float(len(self.seen)))
"""
)


@pytest.mark.parametrize(
    "line",
    [
        "self.relu.register_forward_hook(self.keep)",
        "hooked = self.relu\n        hooked.register_forward_hook(self.keep)",
        "dict(self.named_modules())['relu'].register_forward_hook(self.keep)",
    ],
)
def test_a_relu_with_a_hook_is_called_further_on(line: str) -> None:
    repaired = repair(HOOKED.replace("LINE", line))
    assert "out = self.add.add(out, x)\n        out = self.relu(out)" in repaired.after
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    "line",
    [
        "self.conv.register_forward_hook(self.keep)",
        "self.register_forward_hook(self.keep)",
        "self.conv.weight.register_hook(print)",
        "def hang(m): m.register_forward_hook(print)",
    ],
)
def test_a_relu_beside_a_hook_is_part_of_the_addition(line: str) -> None:
    repaired = repair(HOOKED.replace("LINE", line))
    assert "self.add_relu.add_relu(out, x)" in repaired.after


def test_a_shared_relu_with_a_hook_stays_shared() -> None:
    source = (
        HEAD
        + """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
        self.relu.register_forward_hook(print)

    def forward(self, x):
        return self.relu(self.conv2(self.relu(self.conv1(x))))
"""
    )
    repaired = repair(source)
    assert repaired.after == source
    assert "a hook may hang on `relu`" in repaired.reasons
    assert repair(source.replace("        self.relu.register_forward_hook(print)\n", "")).count


SWAPS = (
    HEAD
    + """

def swap(module, old, new):
    for name, child in module.named_children():
        if isinstance(child, TESTED):
            setattr(module, name, new())
        else:
            swap(child, old, new)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
        swap(self, GIVEN, nn.Hardswish)

    def forward(self, x):
        y = self.relu(self.conv(x) + x)
        return y + F.relu(x)
"""
)


@pytest.mark.parametrize(
    ("tested", "given"),
    [("nn.ReLU", "None"), ("(nn.ReLU6, nn.ReLU)", "None"), ("old", "nn.ReLU")],
)
def test_relus_that_are_replaced_by_their_class(tested: str, given: str) -> None:
    repaired = repair(SWAPS.replace("TESTED", tested).replace("GIVEN", given))
    assert "self.relu(self.add.add(self.conv(x), x))" in repaired.after
    assert "F.relu(x)" in repaired.after
    assert "the program replaces each nn.ReLU that it finds" in repaired.reasons
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("tested", "given", "new"),
    [
        ("nn.BatchNorm2d", "None", "new()"),
        ("old", "nn.BatchNorm2d", "new()"),
        ("nn.ReLU", "None", "nn.ReLU(inplace=False)"),
    ],
)
def test_others_that_are_replaced_by_their_class(tested: str, given: str, new: str) -> None:
    source = SWAPS.replace("TESTED", tested).replace("GIVEN", given).replace("new()", new)
    repaired = repair(source)
    assert "self.add_relu.add_relu(self.conv(x), x)" in repaired.after
    assert "F.relu" not in repaired.after
    assert_same_float(repaired, X)


TYPES = (
    HEAD
    + """

TABLE = {nn.SiLU: 1, nn.ReLU: 2}
OTHERS = [nn.Conv2d, nn.ReLU]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = nn.SiLU()
        self.table = list(TABLE)
        self.count = sum(1 for m in self.modules() if TEST)

    def forward(self, x):
        return self.act(self.conv(x)), torch.full((1,), float(self.count))
"""
)


@pytest.mark.parametrize(
    "test",
    [
        "type(m) is nn.SiLU",
        "type(m) == nn.SiLU",
        "type(m) in (nn.ReLU, nn.SiLU)",
        "type(m) in TABLE",
        "type(m) in self.table",
        "TABLE.get(type(m))",
        "m.__class__ is nn.SiLU",
        "type(m).__name__ in ('Mish', 'SiLU')",
    ],
)
def test_exact_types_see_islands(test: str) -> None:
    source = TYPES.replace("TEST", test)
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    assert "compare by isinstance" in repaired.reasons


@pytest.mark.parametrize(
    "test",
    [
        "isinstance(m, nn.SiLU)",
        "type(m) in OTHERS",
        "type(m) is nn.Conv2d",
        "type(m) == type(self)",
    ],
)
def test_other_tests_do_not_see_islands(test: str) -> None:
    source = TYPES.replace("TEST", test).replace("TABLE = {nn.SiLU: 1, nn.ReLU: 2}", "TABLE = {}")
    repaired = repair(source, unsafe=True)
    assert "self.act = FloatSiLU()" in repaired.after
    assert_same_float(repaired, X)


def test_instances_of_other_classes_are_turned_into_such() -> None:
    source = (
        BLOCK
        + """class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = Plain(), Block()
        self.one.__class__ = Block

    def forward(self, x):
        return self.one(self.two(x))
"""
    )
    repaired = repair(source)
    assert repaired.after == source
    assert "get the methods of `Block`" in repaired.reasons


def test_parameters_of_constructors_are_asked_for() -> None:
    source = (
        HEAD
        + """import inspect


class Base(nn.Module):
    def __init__(self, width=3, bias=True):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 1, bias=bias)


class Twice(Base):
    def forward(self, x):
        x = self.conv(x)
        return x + x


def build(cls, **config):
    return cls(**{k: v for k, v in config.items() if k in inspect.signature(cls).parameters})


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.twice = build(Twice, width=4, other=1)

    def forward(self, x):
        return self.twice(x)
"""
    )
    repaired = repair(source)
    assert repaired.after == source
    assert "reads the parameters of constructors" in repaired.reasons
    plain = repair(source.replace("inspect.signature(cls).parameters", "('width',)"))
    assert plain.count
    assert_same_float(plain, X)


@pytest.mark.parametrize(
    "line", ["act is nn.SiLU", "act in (nn.ReLU, nn.SiLU)", "bool(GAINS[act])"]
)
def test_classes_that_are_compared_where_they_are_handed_on(line: str) -> None:
    source = f"""{HEAD}
GAINS = {{nn.ReLU: 2.0, nn.SiLU: 3.0}}


class Net(nn.Module):
    def __init__(self, act=nn.SiLU):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = act(inplace={line})

    def forward(self, x):
        return self.act(self.conv(x))
"""
    repaired = repair(source, unsafe=True)
    assert repaired.after == source
    assert "compare by isinstance" in repaired.reasons


PATCHED = f"""{HEAD}

class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.my_scale = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

    def forward(self, x):
        return self.my_scale(self.conv(x) * 0.5)


def init(self):
    nn.Module.__init__(self)
    self.conv, self.my_scale = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)


LINE


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part()
        for name, module in self.named_modules():
            if TEST:
                nn.init.ones_(module.weight)

    def forward(self, x):
        return self.part(x)
"""


@pytest.mark.parametrize("test", ["'scale' in name", "name.endswith('scale')", "'_sc' in name"])
def test_names_that_contain_what_is_asked_for_are_taken(test: str) -> None:
    repaired = repair(PATCHED.replace("TEST", test).replace("LINE", "part = Part"))
    name = "scale" if "_sc" in test else "functional"
    assert f"self.{name} = FloatFunctional()" in repaired.after or not repaired.count
    if repaired.count:
        assert_same_float(repaired, X)


@pytest.mark.parametrize("line", ["Part.__init__ = init", "Part.forward = Part.forward"])
def test_a_class_whose_methods_are_replaced_from_outside(line: str) -> None:
    source = PATCHED.replace("LINE", line).replace("TEST", "name == 'my_scale'")
    repaired = repair(source)
    assert repaired.after == source
    assert "get the methods of `Part`" in repaired.reasons


def test_a_class_that_hears_of_its_attributes() -> None:
    source = f"""{HEAD}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if isinstance(value, nn.Module):
            self.__dict__.setdefault("order", []).append(name)

    def forward(self, x):
        for name in self.order:
            x = getattr(self, name)(x)
        return x * 2
"""
    repaired = repair(source)
    assert repaired.after == source
    assert "would hear of a new attribute" in repaired.reasons


@pytest.mark.parametrize(
    ("above", "fixed"),
    [
        ("from torch.nn.functional import relu", True),
        ("from torch.nn.functional import relu\nif X:\n    def relu(x): return x", False),
        ("from torch.nn.functional import relu\nrelu = abs", False),
        (
            "try:\n    from fused import relu\nexcept ImportError:\n    from torch import relu",
            False,
        ),
        ("from torch import relu\nif X:\n    from torch import relu", True),
        ("from torch import relu\nrelu.tag = 1", True),
        ("from torch import relu\nX, *(relu, y) = range(3)", False),
        ("from torch import relu\nfor relu in (abs,): pass", False),
    ],
)
def test_a_function_that_is_bound_again(above: str, fixed: bool) -> None:
    source = f"""{HEAD}
X = False
{above}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return relu(self.conv(x))
"""
    assert (repair(source).count == 1) is fixed
