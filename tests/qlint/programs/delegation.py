"""Attributes found through `__getattr__`; named tuples; a layer's list put before a result."""

import collections

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub
from unknown_package import make_encoder

Pair = collections.namedtuple("Pair", "left right")


class Wrapper(nn.Module):
    def __init__(self, module):
        super().__init__()
        self.module = module

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.module, name)

    def forward(self, x):
        y = self.features(x)  # QL109
        return y + x  # QL101


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 3, 1), nn.SiLU())

    def forward(self, x):
        return self.features(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.wrapped = Wrapper(Inner())
        self.encoder = make_encoder()

    def forward(self, x):
        x = self.quant(x)
        pair = Pair(left=x, right=x)._replace(right=self.wrapped(x))
        y = pair.right - pair.left  # QL102
        z = pair._asdict()["right"] * y  # QL103
        levels = [torch.empty(0)] + self.encoder(z)
        levels = self.encoder(z) + levels
        return [self.dequant(each) for each in levels]
