from contextlib import contextmanager, suppress

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


@contextmanager
def report():
    try:
        yield
    except RuntimeError as error:
        print(error)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.used = False
        self.cache = {}

    def cached(self, x):
        with suppress(KeyError):
            return self.cache["x"]
        return x * 2  # QL107

    def forward(self, x):
        x = self.q(x)
        with report():
            self.used = True
            x = x + x  # QL101
        if not self.used:
            x = x - x
        return self.d(self.cached(x))
