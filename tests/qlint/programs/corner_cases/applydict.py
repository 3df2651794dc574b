import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.cfg = {"raw": True}

    def forward(self, x):
        return x + x if self.cfg["raw"] else x


def off(m):
    if isinstance(m, Block):
        m.cfg["raw"] = False


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.a, self.b = Block(), Block()

    def forward(self, x):
        x = self.q(x)
        x = self.b(self.a(x))
        return self.d(x)


m = Net()
m.apply(off)
