import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class TS(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.c(x) * x  # QL103


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)
        self.ts = TS()

    def forward(self, x):
        x = self.q(x)
        x = self.ts(x)
        a, b, c = x.unbind(1)
        y = torch.stack((a, b, c), dim=1)
        return self.dq(y)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
