"""Classes that are subscripted, kept by enumerations and found among subclasses; objects as
decorators.
"""

import enum
from typing import Generic, TypeVar

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

M = TypeVar("M", bound=nn.Module)


class Block(nn.Module):
    def __init__(self, channels=3):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return self.conv(x) + x  # QL101


class Scaled(Block):
    def forward(self, x):
        return self.conv(x) * x  # QL103


class Plain(Block):
    def forward(self, x):
        return self.conv(x)


class Box(nn.Module, Generic[M]):
    def __init__(self, inner: M):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.inner = inner

    def forward(self, x):
        return self.dequant(self.inner(self.quant(x)))


class BlockBox(Box[Block]):
    def after(self, x):
        return x + 1


class Kind(enum.Enum):
    SCALED = Scaled
    NOTHING = nn.Identity

    class Options:
        depth = 1


class OfKind(nn.Module):
    def __init__(self, kind=Kind.SCALED):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.block = kind.value(3)

    def forward(self, x):
        return self.dequant(self.block(self.quant(x)))


class Base(nn.Module):
    @classmethod
    def create(cls, name):
        for each in cls.__subclasses__():
            if each.__name__ == name:
                return each()
        raise KeyError(name)


class Subtracts(Base):
    def forward(self, x):
        return x - x.mean((2, 3), keepdim=True)  # QL102


class Divides(Base):
    def forward(self, x):
        return x / x.mean()


class Found(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.block = Base.create("Subtracts")

    def forward(self, x):
        return self.dequant(self.block(self.quant(x)))


class quantized:
    def __init__(self, stub="quant", dequantize="dequant"):
        self.stub, self.dequantize = stub, dequantize

    def __call__(self, function):
        outer = self

        def inner(self, x):
            x = getattr(self, outer.stub)(x)
            return getattr(self, outer.dequantize)(function(self, x))

        return inner


class Decorated(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    @quantized("quant")
    def forward(self, x):
        return x * 2  # QL107


def get_norm(name):
    norms = {"batch": nn.BatchNorm2d, "none": nn.Identity}
    return 8 if name == "eight" else norms.get(name, Scaled)


class MaybeNumber(nn.Module):
    """What cannot be called is not called, whatever else it may be."""

    def __init__(self, name, size=3):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.norm = size if size == 4 else name

    def forward(self, x):
        x = self.norm(self.conv(self.quant(x)))
        return self.dequant(x * 3)  # QL107


boxes = [Box[Block](Block()), Box[Plain](Plain()), Box(Plain())]
