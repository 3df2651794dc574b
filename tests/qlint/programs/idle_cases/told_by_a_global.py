"""Models in which code does something for some modules only: what runs is what is reported."""

import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub

class Config:
    replace = False

def maybe(block):
    if Config.replace:
        block.act = nn.ReLU()

class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1)
        self.act = nn.SiLU()
    def forward(self, x):
        return self.act(self.conv(x))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.a = Block(3, 8)
        self.b = Block(8, 8)
        self.dequant = DeQuantStub()
        maybe(self.a)
        Config.replace = True
        maybe(self.a)
        maybe(self.b)
    def forward(self, x):
        return self.dequant(self.b(self.a(self.quant(x))))
