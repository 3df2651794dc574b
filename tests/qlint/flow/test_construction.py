"""What the interpreter learns from constructors: real code builds layers in many ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from marked import check

if TYPE_CHECKING:
    from pathlib import Path

_NET = """\
class Net(nn.Module):
    def __init__(self, depth=2, block=None, norm_layer=None):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
{init}

    def forward(self, x):
        x = self.quant(x)
{forward}
        return self.dequant(x)
"""


def net(init: str, forward: str, before: str = "", after: str = "") -> str:
    def indented(text: str) -> str:
        return "\n".join(" " * 8 + line for line in text.strip("\n").splitlines())

    body = _NET.format(init=indented(init), forward=indented(forward))
    return f"{before}\n\n{body}\n{after}"


_RESIDUAL = """\
class Residual(nn.Module):
    def __init__(self, channels=3):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return self.conv(x) + x  # QL101
"""
_FLOAT_RESIDUAL = _RESIDUAL.replace("  # QL101", "")

CASES = {
    "sequential": ("self.body = nn.Sequential(nn.ReLU(), Residual())", "x = self.body(x)"),
    "sequential of a list": (
        "layers = []\nfor i in range(3):\n    layers.append(Residual())\n"
        "self.body = nn.Sequential(*layers)",
        "x = self.body(x)",
    ),
    "sequential of a comprehension": (
        "self.body = nn.Sequential(*[Residual() for _ in range(depth)])",
        "x = self.body(x)",
    ),
    "ordered dict": (
        "from collections import OrderedDict\n"
        "self.body = nn.Sequential(OrderedDict([('a', nn.ReLU()), ('b', Residual())]))",
        "x = self.body(x)",
    ),
    "module list by loop": (
        "self.blocks = nn.ModuleList(Residual() for _ in range(depth))",
        "for block in self.blocks:\n    x = block(x)",
    ),
    "module list by index": (
        "self.blocks = nn.ModuleList([nn.ReLU(), Residual()])",
        "for i in range(len(self.blocks)):\n    x = self.blocks[i](x)",
    ),
    "module list by enumerate and zip": (
        "self.blocks = nn.ModuleList([Residual()])\nself.acts = nn.ModuleList([nn.ReLU()])",
        "for i, (block, act) in enumerate(zip(self.blocks, self.acts)):\n    x = act(block(x))",
    ),
    "module dict": (
        "self.blocks = nn.ModuleDict({'a': Residual()})",
        "for name, block in self.blocks.items():\n    x = block(x)",
    ),
    "module dict by key": (
        "self.blocks = nn.ModuleDict({'a': Residual(), 'b': nn.ReLU()})",
        "x = self.blocks['a'](x)",
    ),
    "module list that grows": (
        "self.blocks = nn.ModuleList()\nself.blocks.append(Residual())\nself.blocks += [nn.ReLU()]",
        "for block in self.blocks:\n    x = block(x)",
    ),
    "add_module": ("self.add_module('body', Residual())", "x = self.body(x)"),
    "add_module with a computed name": (
        "for i in range(depth):\n    self.add_module(f'block{i}', Residual())",
        "x = self.block1(self.block0(x))",
    ),
    "setattr and getattr": (
        "for i in range(depth):\n    setattr(self, 'block%d' % i, Residual())",
        "for i in range(2):\n    x = getattr(self, 'block%d' % i)(x)",
    ),
    "method that makes layers": (
        "self.body = self._make_layer(Residual, 2)",
        "x = self.body(x)",
    ),
    "partial": (
        "import functools\nmake = functools.partial(Residual, channels=3)\nself.body = make()",
        "x = self.body(x)",
    ),
    "class in a default": (
        "block = block or Residual\nself.body = block()",
        "x = self.body(x)",
    ),
    "conditional layer": (
        "if depth > 1:\n    self.body = Residual()\nelse:\n    self.body = nn.Identity()",
        "x = self.body(x)",
    ),
    "alias of an attribute": (
        "self.body = Residual()\nself.alias = self.body",
        "x = self.alias(x)",
    ),
    "dataclass configuration": (
        "config = Config(block=Residual)\nself.body = config.block(config.channels)",
        "x = self.body(x)",
    ),
    "layers from a table": (
        "table = {'residual': Residual, 'relu': nn.ReLU}\nself.body = table['residual']()",
        "x = self.body(x)",
    ),
    "deepcopy": (
        "import copy\nblock = Residual()\n"
        "self.blocks = nn.ModuleList([copy.deepcopy(block) for _ in range(3)])",
        "for block in self.blocks:\n    x = block(x)",
    ),
    "slice of a sequential": (
        "self.body = nn.Sequential(nn.ReLU(), Residual(), nn.ReLU())",
        "x = self.body[:2](x)",
    ),
    "children": (
        "self.body = nn.Sequential(Residual())",
        "for layer in self.body.children():\n    x = layer(x)",
    ),
}
_MAKE_LAYER = """
    def _make_layer(self, block, count):
        layers = [block()]
        for _ in range(1, count):
            layers += [block()]
        return nn.Sequential(*layers)
"""
_CONFIG = """\
from dataclasses import dataclass


@dataclass
class Config:
    block: type
    channels: int = 3
"""


@pytest.mark.parametrize("name", CASES)
def test_layer_is_found_where_it_is_used(tmp_path: Path, name: str) -> None:
    init, forward = CASES[name]
    check(tmp_path, net(init, forward, f"{_CONFIG}\n\n{_RESIDUAL}", _MAKE_LAYER))


@pytest.mark.parametrize("name", CASES)
def test_layer_on_a_float_path_is_left_alone(tmp_path: Path, name: str) -> None:
    init, forward = CASES[name]
    source = net(init, forward, f"{_CONFIG}\n\n{_FLOAT_RESIDUAL}", _MAKE_LAYER)
    check(tmp_path, source.replace("x = self.quant(x)", "x = self.dequant(self.quant(x))"))


def test_sequential_subclass(tmp_path: Path) -> None:
    check(
        tmp_path,
        _RESIDUAL
        + """

class ConvBlock(nn.Sequential):
    def __init__(self, norm_layer=nn.BatchNorm2d):
        layers = [nn.Conv2d(3, 3, 1)]
        if norm_layer is not None:
            layers.append(norm_layer(3))
        super().__init__(*layers, Residual())


class Transition(nn.Sequential):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.residual = Residual()


"""
        + net("self.a, self.b = ConvBlock(), Transition()", "x = self.b(self.a(x))"),
    )


def test_inherited_stubs_and_forward(tmp_path: Path) -> None:
    check(
        tmp_path,
        """\
class Quantized(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        return self.dequant(self._forward(self.quant(x)))


class Mixin:
    def double(self, x):
        return x + x  # QL101


class Net(Mixin, Quantized):
    def __init__(self):
        super(Net, self).__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def _forward(self, x):
        return self.double(self.conv(x))
""",
    )


def test_over_files(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "pkg/__init__.py": "from .net import *\n",
            "pkg/blocks/__init__.py": "from .residual import Residual as Block\n",
            "pkg/blocks/residual.py": "from torch import nn\n\n\n" + _RESIDUAL,
            "pkg/net.py": (
                "import torch\n"
                "from torch.ao.quantization import QuantWrapper\n"
                "from pkg import blocks\n"
                "from .blocks import Block\n"
                "from . import helpers as h\n\n\n"
                "class Net(torch.nn.Module):\n"
                "    def __init__(self):\n"
                "        super().__init__()\n"
                "        self.one = Block()\n"
                "        self.two = blocks.Block(5)\n\n"
                "    def forward(self, x):\n"
                "        return h.scale(self.two(self.one(x)))\n\n\n"
                "def build():\n"
                "    return QuantWrapper(Net())\n"
            ),
            "pkg/helpers.py": "def scale(x, by=2.0):\n    return x * by  # QL107\n",
        },
    )


def test_folders_without_init(tmp_path: Path) -> None:
    check(
        tmp_path,
        {
            "src/layers/residual.py": "from torch import nn\n\n\n" + _RESIDUAL,
            "src/net.py": (
                "from torch import nn\n"
                "from torch.ao.quantization import QuantStub\n"
                "from layers.residual import Residual\n\n\n"
                "class Net(nn.Module):\n"
                "    def __init__(self):\n"
                "        super().__init__()\n"
                "        self.quant, self.block = QuantStub(), Residual()\n\n"
                "    def forward(self, x):\n"
                "        return self.block(self.quant(x))\n"
            ),
        },
    )


def test_scripts_import_the_file_beside_them(tmp_path: Path) -> None:
    net = (
        "from torch import nn\n"
        "from torch.ao.quantization import QuantStub\n"
        "from blocks import Residual\n\n\n"
        "class Net(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.quant, self.block = QuantStub(), Residual()\n\n"
        "    def forward(self, x):\n"
        "        return self.block(self.quant(x))\n"
    )
    clean = _FLOAT_RESIDUAL.replace("self.conv(x) + x", "self.conv(x)")
    check(
        tmp_path,
        {
            "bad/blocks.py": "from torch import nn\n\n\n" + _RESIDUAL,
            "bad/net.py": net,
            "good/blocks.py": "from torch import nn\n\n\n" + clean,
            "good/net.py": net,
        },
    )
