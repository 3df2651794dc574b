import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import os


class Res(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x) + x  # QL101, QL109


def tree(n, c):
    return Res(tree(n - 1, c)) if n > 0 else nn.Sequential(nn.Conv2d(c, c, 1), nn.SiLU())


C = int(os.environ.get("C", 3))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.t = tree(2, C)

    def forward(self, x):
        x = self.q(x)
        x = self.t(x)
        return self.d(x)
