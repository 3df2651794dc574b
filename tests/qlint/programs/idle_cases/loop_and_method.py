"""Models in which code does something for some modules only: what runs is what is reported."""

import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub

class Act(nn.Module):
    def __init__(self, act):
        super().__init__()
        self.f = act
    def forward(self, x):
        return self.f(x)

class Block(nn.Module):
    def __init__(self, cin, cout, act):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1)
        self.act = Act(act)
    def forward(self, x):
        return self.act(self.conv(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.a = Block(3, 8, nn.ReLU())
        self.b = Block(8, 8, nn.SiLU())
        self.dequant = DeQuantStub()
        for m in self.modules():
            if isinstance(m, Block) and isinstance(m.act.f, nn.SiLU):
                m.act.f = nn.ReLU()
    def forward(self, x):
        return self.dequant(self.b(self.a(self.quant(x))))
