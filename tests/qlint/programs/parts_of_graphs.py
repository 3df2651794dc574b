"""A class that one program part quantizes as a graph, and another as part of an eager model."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, QuantWrapper, prepare
from torch.ao.quantization.quantize_fx import prepare_fx


class Part(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class Big(nn.Module):
    """Makes int8 what the part gets."""

    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.part = Part()

    def forward(self, x):
        return self.dequant(self.part(self.quant(x)))


class OnlyGraph(nn.Module):
    def forward(self, x):
        return x + x


class Holder(nn.Module):
    """Hands on what has its own stub: what is in the graph."""

    def __init__(self):
        super().__init__()
        self.part = WithStub()

    def forward(self, x):
        return self.part(x)


class WithStub(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.only = OnlyGraph()

    def forward(self, x):
        return self.only(self.quant(x))


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = WrappedPart()

    def forward(self, x):
        return self.part(x)


class WrappedPart(nn.Module):
    def forward(self, x):
        return x + x  # QL101


Big()
Holder()
prepare_fx(Part(), None, None)
prepare_fx(WithStub(), None, None)
prepare_fx(WrappedPart(), None, None)
prepare(QuantWrapper(Wrapped()))
