import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class A(nn.Module):
    def __init__(self):
        super().__init__()
        act = nn.ReLU(inplace=True)
        self.body = nn.Sequential(
            nn.Conv2d(3, 3, 1), act, nn.Conv2d(3, 3, 1), act
        )  # second call inside Sequential

    def forward(self, x):
        return self.body(x)  # QL202


class B(nn.Module):
    def __init__(self):
        super().__init__()
        blk = nn.Conv2d(3, 3, 1)
        self.layers = nn.ModuleList([blk] * 3)

    def forward(self, x):
        for l in self.layers:
            x = l(x)  # QL203
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = A()
        self.b = B()
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        x = self.a(x)
        x = self.b(x)
        return self.dq(x)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
