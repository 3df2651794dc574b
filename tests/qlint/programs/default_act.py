import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Conv(nn.Module):
    default_act = nn.ReLU()

    def __init__(self, c1, c2, act=True):
        super().__init__()
        self.conv = nn.Conv2d(c1, c2, 1)
        self.act = self.default_act if act is True else nn.Identity()

    def forward(self, x):
        return self.act(self.conv(x))  # QL202


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = Conv(3, 3)
        self.b = Conv(3, 3)
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.b(self.a(self.q(x))))


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
