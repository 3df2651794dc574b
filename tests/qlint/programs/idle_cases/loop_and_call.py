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

class Stage(nn.Module):
    def __init__(self, cin, act):
        super().__init__()
        self.block = Block(cin, 8, act=act)
    def forward(self, x):
        return self.block(x)
    def relu(self):
        if isinstance(self.block.act, nn.SiLU):
            self.block.act = nn.ReLU()

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.a = Stage(3, nn.ReLU())
        self.b = Stage(8, nn.SiLU())
        self.dequant = DeQuantStub()
        self.a.relu()
        self.b.relu()
    def forward(self, x):
        return self.dequant(self.b(self.a(self.quant(x))))
