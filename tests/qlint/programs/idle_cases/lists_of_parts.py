"""Models in which code does something for some modules only: what runs is what is reported."""

import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub

class Block(nn.Module):
    def __init__(self, cin, cout, act):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1)
        self.acts = [act]
        self.act = nn.Identity()
    def forward(self, x):
        return self.act(self.conv(x))  # QL109

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.a = Block(3, 8, "none")
        self.b = Block(8, 8, "silu")
        self.dequant = DeQuantStub()
        for m in self.modules():
            if isinstance(m, Block) and "silu" in m.acts:
                m.act = nn.SiLU()
    def forward(self, x):
        return self.dequant(self.b(self.a(self.quant(x))))
