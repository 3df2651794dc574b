import torch
from torch import nn
from contextlib import contextmanager
from torch.ao.quantization import QuantStub, DeQuantStub

S = {"raw": False}


@contextmanager
def inner():
    yield


@contextmanager
def outer(cm):
    S["raw"] = True
    with cm:
        yield
    S["raw"] = False


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        with outer(inner()):
            if S["raw"]:
                x = x + x  # QL101
            else:
                x = x * x
        return self.d(x)
