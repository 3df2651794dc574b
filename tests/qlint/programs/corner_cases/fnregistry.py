import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import json


class Head(nn.Module):
    def __init__(self, n):
        super().__init__()

    def forward(self, x):
        return x.softmax(1) * 2


class BB(nn.Module):
    def __init__(self, n):
        super().__init__()

    def forward(self, x):
        return x


REG = {}


def register(f):
    REG[f.__name__] = f
    return f


@register
def head(n=1):
    return Head(n)


@register
def bb(n=1):
    return BB(n)


name = json.loads('["bb", "head"]')


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.b, self.h = REG[name[0]](), REG[name[1]]()

    def forward(self, x):
        x = self.q(x)
        x = self.d(self.b(x))
        return self.h(x)
