import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from contextlib import contextmanager, ExitStack, nullcontext, suppress, ContextDecorator
import functools


class Aux(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = nn.Conv2d(c, c, 1)

    def forward(self, x):
        return self.c(x) + x


class Net(nn.Module):
    def __init__(self, aux=True):
        super().__init__()
        self.body = nn.Conv2d(3, 3, 1)
        self.aux = Aux(3) if aux else None

    def forward(self, x):
        x = self.body(x)
        if self.training and self.aux is not None:
            return x, self.aux(x)
        return x
