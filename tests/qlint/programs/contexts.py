"""What `with` binds: the tensor that a context manager hands out."""

import contextlib

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Holding:
    def __init__(self, x):
        self.x = x

    def __enter__(self):
        return self.x

    def __exit__(self, *error):
        return False


class Recording:
    def __init__(self, x):
        self.x = x

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


@contextlib.contextmanager
def handing(x):
    yield x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        with Holding(x) as y:
            x = y * 2  # QL107
        with handing(x) as y, torch.no_grad():
            x = y * 2  # QL107
        with Recording(x) as record:
            x = record.x * 2  # QL107
        x = self.dequant(x)
        with Holding(x) as y:
            x = y * 2
        with handing(x) as y:
            return y * 2
