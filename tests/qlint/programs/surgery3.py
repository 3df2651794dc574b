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
        self.layer1 = nn.Sequential(Bottle(), Bottle())
        self.b = Bottle()
        self.relu = nn.ReLU6()
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.b(self.layer1(self.q(x))))


def make():
    m = Net()
    m.layer1[0] = QBottle(m.layer1[0])
    m.layer1._modules["1"] = QBottle(m.layer1[1])
    setattr(m, "b", QBottle(m.b))
    return m, (torch.rand(1, 3, 8, 8),)
