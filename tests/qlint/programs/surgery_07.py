import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Bottle(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.c1(x) + x


class QBottle(nn.Module):
    def __init__(self, b):
        super().__init__()
        self.c1 = b.c1
        self.ff = FloatFunctional()

    def forward(self, x):
        return self.ff.add(self.c1(x), x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(Bottle())
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.layer1(self.q(x)))


def make():
    m = Net()
    [setattr(m.layer1, n, QBottle(c)) for n, c in list(m.layer1.named_children())]
    return m, (torch.rand(1, 3, 8, 8),)
