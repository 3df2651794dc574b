"""Where a new attribute is made: in ``__init__`` behind the call of the base, or in a new one."""

from __future__ import annotations

import pytest
import torch

from tests.qlint.fixes.repaired import HEAD, assert_same_float, repair, run_int8

X = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def test_without_a_constructor() -> None:
    repaired = repair(
        HEAD + "\n\nclass Net(nn.Module):\n    def forward(self, x):\n        return x + x\n"
    )
    assert (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.add = FloatFunctional()\n\n    def forward(self, x):\n"
        "        return self.add.add(x, x)\n"
    ) in repaired.after
    assert_same_float(repaired, X)


def test_without_a_constructor_behind_a_docstring() -> None:
    repaired = repair(
        HEAD + '\n\nclass Net(nn.Module):\n    """A net."""\n\n    size = 3  # of it\n\n'
        "    @torch.no_grad()\n    def forward(self, x):\n        return x + x * x\n"
    )
    assert (
        '    """A net."""\n\n    size = 3  # of it\n\n    def __init__(self):\n'
        "        super().__init__()\n        self.add = FloatFunctional()\n"
        "        self.mul = FloatFunctional()\n\n    @torch.no_grad()\n"
    ) in repaired.after
    assert_same_float(repaired, X)


def test_without_a_constructor_in_a_derived_class() -> None:
    repaired = repair(
        HEAD
        + """

class Base(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 1)


class Half(Base):
    def forward(self, x):
        return self.conv(x) + x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Half(width=3)

    def forward(self, x):
        return self.part(x)
"""
    )
    assert (
        "class Half(Base):\n    def __init__(self, *args, **kwargs):\n"
        "        super().__init__(*args, **kwargs)\n        self.add = FloatFunctional()\n"
    ) in repaired.after
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    "call",
    [
        "super().__init__()",
        "super(Net, self).__init__()",
        "nn.Module.__init__(self)",
        "super().__init__(); self.width = 3  # both",
        "super(  # the base\n            Net, self\n        ).__init__()",
    ],
)
def test_behind_the_call_of_the_base(call: str) -> None:
    repaired = repair(
        f"{HEAD}\n\nclass Net(nn.Module):\n    def __init__(self):\n        {call}\n"
        "        self.conv = nn.Conv2d(3, 3, 1)\n\n    def forward(self, x):\n"
        "        return x + self.conv(x)\n"
    )
    expected = f"        {call}\n        self.add = FloatFunctional()\n        self.conv"
    assert expected in repaired.after
    assert_same_float(repaired, X)


def test_a_constructor_on_one_line() -> None:
    repaired = repair(
        f"{HEAD}\n\nclass Net(nn.Module):\n    def __init__(self): super().__init__()\n"
        "    def forward(self, x): return x + x\n"
    )
    assert (
        "def __init__(self): super().__init__(); self.add = FloatFunctional()\n" in repaired.after
    )
    assert_same_float(repaired, X)


def test_names_that_others_have_are_not_taken() -> None:
    repaired = repair(
        HEAD
        + """

class Base(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x + x


class Net(Base):
    def __init__(self):
        super().__init__()
        self.add = 3
        setattr(self, "add_1", 4)
        for name in range(3, 5):
            setattr(self, f"add_{name}", name)

    def add_2(self):
        return self.add
"""
    )
    assert "return self.add1.add(x, x)" in repaired.after
    assert_same_float(repaired, X)


def test_two_bases_of_one_class_do_not_share() -> None:
    repaired = repair(
        HEAD
        + """

class Left(nn.Module):
    def left(self, x):
        return x + x


class Right(nn.Module):
    def right(self, x):
        return x + x


class Net(Left, Right):
    def forward(self, x):
        return self.right(self.left(x))
"""
    )
    assert "return self.add.add(x, x)" in repaired.after
    assert "return self.add_1.add(x, x)" in repaired.after
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "class Net(nn.Sequential):\n    def forward(self, x):\n"
            "        return super().forward(x) + x\n",
            "nn.Sequential",
        ),
        (
            "class Net(nn.Module):\n    @staticmethod\n    def double(x):\n        return x + x\n\n"
            "    def forward(self, x):\n        return self.double(x)\n",
            "knows no instance",
        ),
        (
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.double = lambda x: x + x\n\n    def forward(self, x):\n"
            "        return self.double(x)\n",
            "made in __init__",
        ),
        (
            "class Double:\n    def __call__(self, x):\n        return x + x\n\n\n"
            "class Net(nn.Module):\n    def forward(self, x):\n        return Double()(x), x\n",
            "no nn.Module",
        ),
        (
            "class Net(nn.Module):\n    def double(self, x):\n        return x + x\n\n"
            "    def forward(self, x):\n        return self.double(self.double(x))\n",
            "several times",
        ),
        (
            "class Net(nn.Module):\n    def __init__(self):\n        if True:\n"
            "            super().__init__()\n\n    def forward(self, x):\n        return x + x\n",
            "at its top level",
        ),
        (
            "class Base(nn.Module):\n    def __init__(self):\n        super().__init__()\n\n"
            "    def forward(self, x):\n        return x + x\n\n\n"
            "class Net(Base):\n    def __init__(self):\n        nn.Module.__init__(self)\n",
            "does not call its __init__",
        ),
        (
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.conv = nn.Conv2d(3, 3, 1)\n\n    def forward(self, x):\n"
            "        for each in list(self.children()):\n            x = each(x)\n"
            "        return x + x\n",
            "its own children",
        ),
        (
            "class Net(nn.ModuleList):\n    def __init__(self):\n"
            "        super().__init__([nn.Conv2d(3, 3, 1)])\n\n    def forward(self, x):\n"
            "        for index in range(len(self)):\n            x = self[index](x)\n"
            "        return x + x\n",
            "its own children",
        ),
    ],
)
def test_what_takes_a_human_is_left_with_a_reason(source: str, reason: str) -> None:
    source = f"{HEAD}\n\n{source}"
    repaired = repair(source)
    assert repaired.after == source
    assert reason in repaired.reasons


def test_imports_that_are_there_are_used() -> None:
    source = (
        '"""A net."""\n\nfrom __future__ import annotations\n\nimport os\n'
        "from torch import nn as layers\nfrom torch.ao.nn.quantized import FloatFunctional as FF\n"
        "from pathlib import (\n    Path,\n)\n\n\nclass Net(layers.Module):\n"
        "    def forward(self, x):\n        return (x + x).relu() * x\n"
    )
    repaired = repair(source)
    assert "self.mul = FF()" in repaired.after
    assert repaired.after.count("import") == source.count("import")
    assert_same_float(repaired, X)


def test_an_import_that_is_missing() -> None:
    source = (
        '"""A net."""\n\nfrom __future__ import annotations\n\nimport os\n'
        "from torch.nn import (\n    Module,\n)  # all\nfrom pathlib import Path\n\n\n"
        "class Net(Module):\n    def forward(self, x):\n        return (x * x).relu()\n"
    )
    repaired = repair(source)
    imports = repaired.after.partition("import os\n")[2].partition("\n\n")[0]
    assert imports == (
        "from torch.ao.nn.quantized import FloatFunctional\n"
        "from torch.nn import (\n    Module,\n)  # all\nfrom torch.nn import ReLU\n"
        "from pathlib import Path"
    )
    assert "self.relu = ReLU()" in repaired.after
    assert_same_float(repaired, X)


LOOPS = {
    "nn.ModuleDict": "for name, layer in self.items():",
    "nn.ModuleList": "for layer in self:",
    "nn.Sequential": "for layer in self:",
    "nn.Module": "for _, layer in self.named_children():",
}


@pytest.mark.parametrize("base", LOOPS)
def test_loops_over_the_children_leave_the_new_one_out(base: str) -> None:
    source = (
        f"{HEAD}\n\nclass Net({base}):\n    def __init__(self):\n        super().__init__()\n"
        "        for n in range(2):\n            self.add_module(str(n), nn.Conv2d(3, 3, 1))\n\n"
        f"    def forward(self, x):\n        features = [x]\n        {LOOPS[base]}\n"
        "            # one more\n"
        "            features.append(layer(features[-1]))\n        return torch.cat(features, 1)\n"
    )
    repaired = repair(source)
    assert (
        f"        {LOOPS[base]}\n            # one more\n"
        "            if layer is self.cat:  # no layer\n                continue\n"
        "            features.append(layer(features[-1]))\n"
        "        return self.cat.cat(features, 1)\n"
    ) in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []


EARLY = """

class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.build()
        with torch.no_grad():
            self.size = CALL

    def build(self):
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.features(x)


class Net(Base):
    def features(self, x):
        return self.part(x)

    def part(self, x):
        return self.conv(x) + x
"""


@pytest.mark.parametrize("call", ["self.features(torch.ones(1, 3, 2, 2))", "self(torch.ones(1))"])
def test_a_method_that_the_constructor_of_the_base_runs(call: str) -> None:
    repaired = repair(HEAD + EARLY.replace("CALL", call))
    assert repaired.after == repaired.before
    assert "`Base.__init__` runs `part`, and the attribute would not be there" in repaired.reasons


def test_a_method_that_the_constructor_of_the_base_does_not_run() -> None:
    repaired = repair(HEAD + EARLY.replace("CALL", "len(self.conv.weight)"))
    assert "self.add = FloatFunctional()" in repaired.after
    assert_same_float(repaired, X)


def test_a_method_that_the_constructor_of_the_class_itself_runs() -> None:
    source = """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.size = self.part(torch.ones(1, 3, 2, 2)).shape

    def part(self, x):
        return self.conv(x) + x

    def forward(self, x):
        return self.part(x)
"""
    repaired = repair(HEAD + source)
    assert repaired.count == 1
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("mixin", "calls"),
    [
        ("self.config = config", "Mixin.__init__(self, 1)\n        nn.Module.__init__(self)"),
        ("self.config = config", "nn.Module.__init__(self)\n        Mixin.__init__(self, 1)"),
        ("super().__init__()", "super().__init__(1)"),
        ("self.config = config", "super().__init__(1)\n        nn.Module.__init__(self)"),
    ],
)
def test_behind_the_constructor_that_leads_to_that_of_module(mixin: str, calls: str) -> None:
    source = f"""

class Mixin:
    def __init__(self, config):
        {mixin}


class Net(Mixin, nn.Module):
    def __init__(self):
        {calls}
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) + x
"""
    repaired = repair(HEAD + source)
    assert repaired.count == 1
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("parameters", "line"),
    [("nn=5", "self.k = nn"), ("", "nn = 5"), ("", "nn, k = 5, 6"), ("", "for nn in (1, 2): pass")],
)
def test_a_name_that_means_something_else_in_the_constructor(parameters: str, line: str) -> None:
    source = f"""
class Part(nn.Module):
    def __init__(self, conv, {parameters}):
        super().__init__()
        {line}
        self.conv = conv

    def forward(self, x):
        return F.relu(self.conv(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = Part(nn.Conv2d(3, 3, 1))

    def forward(self, x):
        return self.part(x)
"""
    repaired = repair(HEAD + source)
    assert "self.relu = torch.nn.ReLU()" in repaired.after
    assert_same_float(repaired, X)


@pytest.mark.parametrize(
    ("early", "helper"),
    [
        ("self.size = self.out_size", ""),
        ("self.size = infer(self)", ""),
        ("self.size = getattr(self, 'part')(torch.ones(1, 3, 2, 2)).shape", ""),
    ],
)
def test_a_method_that_runs_early_by_detours(early: str, helper: str) -> None:
    source = f"""

def infer(net):
    return net.part(torch.ones(1, 3, 2, 2)).shape


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        {early}

    @property
    def out_size(self):
        return self.part(torch.ones(1, 3, 2, 2)).shape


class Net(Base):
    def part(self, x):
        return self.conv(x) + x

    def forward(self, x):
        return self.part(x)
"""
    repaired = repair(HEAD + source)
    assert repaired.after == repaired.before
    assert "the attribute would not be there yet" in repaired.reasons


CONTAINER = """

class Body(nn.KIND):
    def forward(self, x):
        y = x
        for layer in self:
            y = layer(y)
        return y + x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = Body(ARGS)
        LINE

    def forward(self, x):
        return self.body(x)
"""


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
@pytest.mark.parametrize(
    "line",
    [
        "nn.init.ones_(self.body[-1].bias)",
        "self.size = len(self.body)",
        "self.first = nn.Sequential(*self.body)",
        "self.body.append(nn.Conv2d(3, 3, 1))",
        "for layer in self.body:\n            layer.tag = 1",
    ],
)
def test_a_container_whose_items_are_counted(kind: str, line: str) -> None:
    layers = "nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)"
    source = HEAD + CONTAINER.replace("KIND", kind).replace("LINE", line).replace(
        "ARGS", layers if kind == "Sequential" else f"[{layers}]"
    )
    repaired = repair(source)
    assert repaired.after == source
    assert repaired.reasons


@pytest.mark.parametrize(
    "line", ["self.append(nn.Conv2d(3, 3, 1))", "self += [nn.Conv2d(3, 3, 1)]"]
)
def test_a_container_that_fills_itself(line: str) -> None:
    init = f"""class Body(nn.ModuleList):
    def __init__(self):
        super().__init__()
        {line}

    def forward"""
    source = CONTAINER.replace("class Body(nn.KIND):\n    def forward", init)
    source = HEAD + source.replace("ARGS", "").replace("LINE", "pass")
    repaired = repair(source)
    assert repaired.after == source
    assert "goes through its own children" in repaired.reasons


@pytest.mark.parametrize(
    ("lines", "known"),
    [
        ("for k, v in load().items():\n            setattr(self, k, v)", False),
        (
            "for k, v in load().items():\n            if k:\n                setattr(self, k, v)",
            False,
        ),
        ("self.__dict__.update(load())", False),
        ("for k, v in load().items():\n            print(k, v)", True),
        ("setattr(self, 'k', load())", True),
    ],
)
def test_attributes_of_any_name(lines: str, known: bool) -> None:
    source = HEAD + (
        "\n\ndef load():\n    return {}\n\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.conv = nn.Conv2d(3, 3, 1)\n        {lines}\n\n"
        "    def forward(self, x):\n        return self.conv(x) * 2\n"
    )
    repaired = repair(source)
    assert ("FloatFunctional" in repaired.after) == known
    assert ("gets attributes whose names are not known here" in repaired.reasons) != known
