import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Add(nn.Module):
    def forward(self, a, b):
        return a + b  # float model only


class Block(nn.Module):
    def __init__(self, quantized=True):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.ff = FloatFunctional() if quantized else None
        self.add = FloatFunctional().add if quantized else (lambda a, b: a + b)
        self.op = {"q": self.qadd, "f": self.fadd}["q" if quantized else "f"]

    def qadd(self, a, b):
        return self.ff.add(a, b)  # QL302

    def fadd(self, a, b):
        return a + b

    def forward(self, x):
        y = self.c(x)
        if self.ff is not None:
            y = self.ff.add(y, x)
        else:
            y = y + x
        if isinstance(self.ff, FloatFunctional):
            y = self.ff.mul(y, x)  # QL302
        else:
            y *= x
        y = self.op(y, x)
        y = y.dequantize() + 1 if y.is_quantized else y + 1
        return y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.b = Block()

    def forward(self, x):
        return self.b(self.q(x))


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
