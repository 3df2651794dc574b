import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class FPNHelper:
    """plain helper, not nn.Module, holding a bound module"""

    def __init__(self, owner, op="add"):
        self.owner = owner
        self.op = op

    def __call__(self, a, b):
        if self.op == "add":
            return a + b  # QL101
        return self.owner.ff.add(a, b)

    def fuse(self, a, b):
        return torch.cat([a, b], 1)  # QL106


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)
        self.d = nn.Conv2d(3, 3, 1)
        self.ff = FloatFunctional()
        self.helper = FPNHelper(self)
        self.h2 = FPNHelper(self, op="ff")

    def forward(self, x):
        x = self.q(x)
        a, b = self.c(x), self.d(x)
        y = self.helper(a, b)
        y = self.h2(y, a)
        z = self.helper.fuse(y, b)
        return self.dq(z)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
