"""Layers that are replaced by their place from behind, as heads are; guards by hasattr."""

import operator

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.a = nn.Sequential(nn.Conv2d(3, 3, 1), nn.SiLU())
        self.a[-1] = nn.ReLU()
        self.b = nn.ModuleList([nn.Conv2d(3, 3, 1), nn.Mish()])
        self.b[-1] = nn.Identity()
        self.c = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Identity())
        self.c[-1] = nn.Sequential(self.c[-1], nn.ReLU())
        self.d = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())
        self.d[-2] = nn.SiLU()

    def forward(self, x):
        x = self.a(self.quant(x))
        for layer in self.b:
            x = layer(x)
        x = self.d(self.c(x))  # QL109
        y = x.dequantize() if hasattr(x, "dequantize") and x.is_quantized else x
        y = y + 1
        z = operator.neg(x)  # QL108
        return y, self.dequant(z)
