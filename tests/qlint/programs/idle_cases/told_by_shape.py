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


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.a = Block(3, 16, 3, nn.SiLU())
        self.b = Block(16, 8, 1, nn.SiLU())
        self.dequant = DeQuantStub()
        for m in self.modules():
            if isinstance(m, Block) and m.shape[0] == 3:
                continue
            if isinstance(m, Block):
                m.act = nn.ReLU()
        self.a.act = nn.ReLU()
    def forward(self, x):
        return self.dequant(self.b(self.a(self.quant(x))))
