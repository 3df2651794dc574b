import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


def fuse(m):
    torch.ao.quantization.fuse_modules(m, [["c", "r"]], inplace=True)


class Old(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.r = nn.ReLU()

    def forward(self, x):
        if hasattr(self, "quant"):
            x = self.quant(x)
        y = self.r(self.c(x))
        y = y + x  # QL101
        if hasattr(self, "dequant"):
            y = self.dequant(y)
        return y


def add_stubs(model):
    model.quant = QuantStub()
    model.dequant = DeQuantStub()
    return model


def make():
    m = Old().eval()
    fuse(m)
    m = add_stubs(m)
    return m, (torch.rand(1, 3, 8, 8),)
