"""Dicts with other keys than texts and numbers: members of enumerations, classes, tuples."""

import enum

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Kind(enum.Enum):
    A = "a"
    B = "b"

    @property
    def layer(self):
        return {Kind.A: nn.ReLU, Kind.B: nn.SiLU}[self]


class Level(enum.IntEnum):
    LOW = 0
    HIGH = 1


class Basic(nn.Module):
    def forward(self, x):
        return x


class Other(Basic):
    pass


LAYERS = {Kind.A: nn.ReLU, Kind.B: nn.SiLU}
LAYERS_OF = {Basic: nn.ReLU, Other: nn.SiLU}


def none(x):
    return x


def doubled(x):
    return x * 2  # QL107


class Net(nn.Module):
    def __init__(self, block=Basic):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.a1 = Kind.A.layer()
        self.b1 = Kind.B.layer()
        self.a2 = LAYERS[Kind("a")]()
        self.b2 = LAYERS.get(Kind["B"], nn.ReLU)()
        self.a3 = LAYERS_OF[block]()
        self.b3 = LAYERS_OF[Other]()
        self.pairs = {(0, Kind.A): nn.ReLU(), (1, Kind.A): nn.SiLU()}
        self.heads = nn.ModuleDict({"a": nn.Conv2d(3, 3, 1), "b": nn.Conv2d(3, 3, 1)})

    def forward(self, x):
        x = self.conv(self.quant(x))
        x = self.a3(self.a2(self.a1(x)))
        x = self.b1(x)  # QL109
        x = self.b2(x)  # QL109
        x = self.b3(x)  # QL109
        x = self.pairs[0, Kind.A](x)
        x = self.pairs[(1, Kind.A)](x)  # QL109
        by_function = {none: 0, doubled: 1}
        for function in by_function:
            x = function(x)
        values = {Kind.A: x, Kind.B: self.dequant(x), 1: self.dequant(x), Level.LOW: x}
        del values[Kind.A]
        if Kind.A in values:
            return values[Kind.A] * 2
        y = values[Kind.B] * 2 + values[Level.HIGH] * 2
        z = values[0] * 2  # QL107
        values[Kind.B] = x
        return values.pop(Kind.B) * 2, y, z  # QL107


net = Net()
