import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class SeqT(nn.Sequential):
    def forward(self, *args):
        for m in self._modules.values():
            if isinstance(args, tuple):
                args = m(*args)
            else:
                args = m(args)
        return args


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 1)
        self.b = nn.Conv2d(3, 3, 1)

    def forward(self, x, y):
        return self.a(x), self.b(y)


class Mer(nn.Module):
    def forward(self, x, y):
        return x + y  # QL101


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.s = SeqT(Two(), Two(), Mer())

    def forward(self, x):
        x = self.q(x)
        return self.dq(self.s(x, x))


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
