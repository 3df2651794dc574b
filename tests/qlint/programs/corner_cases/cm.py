import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from contextlib import contextmanager


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.raw, self.raw2 = False, True

    @contextmanager
    def raw_on(self):
        self.raw = True
        yield
        self.raw = False

    @contextmanager
    def raw_off(self):
        self.raw2 = False
        yield
        self.raw2 = True

    def forward(self, x):
        x = self.q(x)
        with self.raw_on():
            if self.raw:
                x = x + x  # QL101
        with self.raw_off():
            if self.raw2:
                x = x * x
        return self.d(x)
