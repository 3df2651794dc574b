import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class ReLUAdd(nn.Module):
    def forward(self, a, b):
        return F.relu(a + b)


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


class QBottle(Bottle):
    def __init__(self):
        super().__init__()
        self.add_relu = FloatFunctional()

    def forward(self, x):
        o = self.relu(self.c1(x))
        o = self.c2(o)
        return self.add_relu.add_relu(o, x)


class Net(nn.Module):
    def __init__(self, block=Bottle):
        super().__init__()
        self.layer1 = nn.Sequential(block(), block())
        self.fc = nn.Linear(3, 2)

    def _forward_impl(self, x):
        x = self.layer1(x)
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.fc(x)

    def forward(self, x):
        return self._forward_impl(x)


class QNet(Net):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        x = self._forward_impl(x)
        return self.dequant(x)


def resnet(**kw):
    return Net(Bottle, **kw)


def make():
    return QNet(block=QBottle), (torch.rand(1, 3, 8, 8),)
