"""Layers that are asked for by ``__getattr__`` itself, as CenterNet does."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Heads(nn.Module):
    def __init__(self, heads=("hm", "wh")):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.heads = heads
        for head in heads:
            self.__setattr__(head, nn.Conv2d(3, 3, 1))

    def forward(self, x):
        x = self.quant(x)
        z = {}
        for head in self.heads:
            z[head] = self.__getattr__(head)(x)
        y = z["hm"] * 2  # QL107
        return self.dequant(y), self.dequant(z["wh"])


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = Heads()

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("body"), name)

    def forward(self, x):
        return self.dequant(self.hm(self.quant(x)) + 1)  # QL107
