"""Decorators with optional arguments: without a function they return a partial of themselves."""

from functools import partial

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

BLOCKS = {}


class Registry(dict):
    def register(self, fn=None, *, name=None):
        if fn is None:
            return partial(self.register, name=name)
        self[name or fn.__name__] = fn
        return fn


def register(fn=None, *, name=None):
    if fn is None:
        return partial(register, name=name)
    BLOCKS[name or fn.__name__] = fn
    return fn


PARTS = Registry()


@PARTS.register(name="third")
class Third(nn.Module):
    def forward(self, x):
        return x / 3  # QL107


@register(name="half")
class Half(nn.Module):
    def forward(self, x):
        return x / 2  # QL107


@register
class Plain(nn.Module):
    def forward(self, x):
        return x - 1  # QL107


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.parts = nn.Sequential(PARTS["third"](), BLOCKS["half"](), BLOCKS["Plain"]())

    def forward(self, x):
        return self.dequant(self.parts(self.quant(x)))


net = Net()
