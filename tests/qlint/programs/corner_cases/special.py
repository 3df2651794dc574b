import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class V:
    def __init__(self, v):
        self.v = v

    def __eq__(self, o):
        return self.v == o


class W:
    def __init__(self, v):
        self.v = v

    def __bool__(self):
        return self.v > 0


class L:
    def __init__(self, v):
        self.v = v

    def __len__(self):
        return len(self.v)

    def __iter__(self):
        return iter(self.v)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.v, self.w, self.l = V(1), W(0), L([1])

    def forward(self, x):
        x = self.q(x)
        if self.v != 1:
            x = x + x
        if self.w:
            x = x * x
        if not self.l:
            x = x - x
        if len(self.l) != 1:
            x = x / x
        return self.d(x)
