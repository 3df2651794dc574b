"""Models in which code does something for some modules only: what runs is what is reported."""

import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub

class Block(nn.Module):
    def __init__(self, cin, cout, k=3, act=None, groups=1, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups)
        self.act = act if act is not None else nn.ReLU()
        self.shape = (cin, cout)
    def forward(self, x):
        return self.act(self.conv(x))

REPLACE = []
def maybe(m):
    if REPLACE:
        m.act = nn.ReLU()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.a = Block(3, 8, act=nn.SiLU())
        self.b = Block(8, 8, act=nn.SiLU())
        self.dequant = DeQuantStub()
        maybe(self.a)
        REPLACE.append(1)
        maybe(self.a)
        maybe(self.b)
    def forward(self, x):
        return self.dequant(self.b(self.a(self.quant(x))))
