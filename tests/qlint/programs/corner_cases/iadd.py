import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class V:
    def __init__(self, v):
        self.v = v

    def __iadd__(self, o):
        self.v += o
        return self


class S(list):
    def __iadd__(self, o):
        self.append(o)
        return self


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.v = V(1)
        self.v += 2
        self.s = S()
        self.s += 3

    def forward(self, x):
        x = self.q(x)
        if self.v.v != 3:
            x = x + x
        if len(self.s) != 1:
            x = x * x
        return self.d(x)
