"""Methods that are bound before convert puts another module in the place of their own."""

import functools
from collections import OrderedDict

from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.functional = FloatFunctional()
        self.combine = self.functional.add
        self.other = FloatFunctional()
        self.conv, self.after = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.layer = self.conv.forward
        self.block = Block()
        self.run = self.block.forward

    def forward(self, x):
        x = self.quant(x)
        y = self.combine(x, x)  # QL109
        y = self.layer(y)  # QL109
        add = self.other.add
        y = add(y, x)
        y = self.run(y)
        return self.dequant(self.after(y))


class Kept(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.f, self.g, self.h, self.i, self.j, self.k = (FloatFunctional() for _ in range(6))
        self.conv, self.block, self.own = nn.Conv2d(3, 3, 1), Block(), nn.Conv2d(3, 3, 1)
        self.partly = functools.partial(self.f.add)
        self.listed = [self.g.add]
        self.named = {"mul": self.h.mul}
        self.short = lambda a, b: self.i.add(a, b)  # QL109
        self.cut = lambda a: self.conv(a)  # QL109

        def inner(a):
            return self.block(a)  # QL109

        self.inner = inner
        self.right = self.combine
        self.plain = lambda a: a.flatten(1)

    def combine(self, a, b):
        return self.k.add(a, self.own(b))

    def forward(self, x):
        x = self.quant(x)
        y = self.partly(x, x)  # QL109
        y = self.listed[0](y, x)  # QL109
        y = self.named["mul"](y, x)  # QL109
        y = self.short(y, x)
        y = self.cut(y)
        y = self.inner(y)
        y = self.right(y, x)
        return self.dequant(self.plain(y))


class Pairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.acts = nn.ModuleDict([["relu", nn.ReLU()], ["silu", nn.SiLU()]])
        self.body = nn.Sequential(OrderedDict([["conv", nn.Conv2d(3, 3, 1)], ["act", nn.Mish()]]))

    def forward(self, x):
        x = self.acts["relu"](self.quant(x))
        x = self.acts["silu"](x)  # QL109
        return self.dequant(self.body(x))  # QL109
