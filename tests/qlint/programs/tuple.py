import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 1)

    def forward(self, x, y):
        return self.a(x), y


class Mul(nn.Module):
    def forward(self, x, y):
        return x * y  # QL103


class Seq(nn.Sequential):
    def forward(self, *inputs):
        for m in list(self):
            if isinstance(inputs, tuple):
                inputs = m(*inputs)
            else:
                inputs = m(inputs)
        return inputs


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.u = Seq(Two(), Mul())

    def forward(self, x):
        x = self.q(x)
        return self.dq(self.u(x, x))


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
