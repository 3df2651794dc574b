import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import contextlib


class Raw:
    def __init__(self, m):
        self.m = m

    def __enter__(self):
        self.m.raw = True
        return self.m

    def __exit__(self, *e):
        self.m.raw = False


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.raw = False
        self.flag = True

    def body(self, x):
        return x + x if self.raw else x  # QL101

    def forward(self, x):
        x = self.q(x)
        ctx = Raw(self) if x.shape[0] == 1 else contextlib.nullcontext()
        with ctx:
            x = self.body(x)
        x = self.body(x)
        if self.raw:
            x = x * x
        return self.d(x)
