import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Bottle(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 3, 1)
        self.c2 = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        o = self.relu(self.c1(x))
        o = self.c2(o)
        o += x
        return self.relu(o)


class QBottle(nn.Module):
    def __init__(self, b):
        super().__init__()
        self.c1, self.c2 = b.c1, b.c2
        self.relu = nn.ReLU()
        self.ff = FloatFunctional()

    def forward(self, x):
        return self.ff.add_relu(self.c2(self.relu(self.c1(x))), x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(Bottle(), Bottle())
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.layer1(self.q(x)))


def convert_blocks(model):
    for name, m in model.named_children():
        if isinstance(m, Bottle):
            setattr(model, name, QBottle(m))
        else:
            convert_blocks(m)


def make():
    m = Net()
    convert_blocks(m)
    return m, (torch.rand(1, 3, 8, 8),)
