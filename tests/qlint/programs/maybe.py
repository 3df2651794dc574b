import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self, quantized, n):
        super().__init__()
        self.quant = QuantStub() if quantized else nn.Identity()
        self.dequant = DeQuantStub() if quantized else nn.Identity()
        self.c = nn.Conv2d(3, 3, 1)
        self.add = FloatFunctional() if quantized else None
        self.quantized = quantized

    def forward(self, x):
        x = self.quant(x)
        y = self.c(x)
        y = self.add.add(x, y) if self.quantized else x + y
        y = y * y  # QL103
        y = self.dequant(y)
        y = y + 1
        return y


def make():
    return Net(True, 2), (torch.rand(1, 3, 8, 8),)
