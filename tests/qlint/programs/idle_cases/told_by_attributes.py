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
        return self.act(self.conv(x))  # QL109

def check(m):
    if not hasattr(m, 'tag'):
        return
    m.act = nn.SiLU()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.a = Block(3, 8)
        self.b = Block(8, 8, 3)
        self.dequant = DeQuantStub()
        self.b.tag = [1]
        check(self.a)
        check(self.b)
    def forward(self, x):
        return self.dequant(self.b(self.a(self.quant(x))))
