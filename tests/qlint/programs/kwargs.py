import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Inner(nn.Module):
    def __init__(self, **kw):
        super().__init__()
        self.conv = nn.Conv2d(kw["cin"], kw.get("cout", 3), 1)

    def forward(self, x, *, skip=None, **extra):
        y = self.conv(x)
        if skip is not None:
            y = y + skip  # QL101
        if "gate" in extra:
            y = y * extra["gate"]  # QL103
        return y


class Wrapper(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        self.inner = Inner(**kwargs)
        self.q = QuantStub()

    def forward(self, *args, **kwargs):
        return self.inner(*args, **kwargs)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = Wrapper(cin=3)
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.q2 = QuantStub()

    def forward(self, x):
        x = self.q(x)
        g = {"gate": x}
        return self.dq(self.w(x, skip=x, **g))


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
