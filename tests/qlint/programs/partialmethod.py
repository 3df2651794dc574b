import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
from functools import partialmethod


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)

    def op(self, a, b, kind):
        return a - b if kind == "sub" else a + b  # QL102

    sub = partialmethod(op, kind="sub")

    def forward(self, x):
        x = self.q(x)
        return self.dq(self.sub(self.c(x), x))


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
