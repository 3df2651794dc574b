import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
        self.relu6 = nn.ReLU6()
        self.hs = nn.Hardswish()
        self.ln = nn.LayerNorm(8)
        self.lrelu = nn.LeakyReLU()
        self.sig = nn.Sigmoid()
        self.bn = nn.BatchNorm2d(3)
        self.prelu = nn.PReLU()
        self.elu = nn.ELU()
        self.blocks = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(2)])
        self.ff = FloatFunctional()

    def forward(self, x):
        x = self.q(x)
        y = None
        for i, b in enumerate(self.blocks):
            y = b(x)
            if i == 0:
                y = self.relu(y)
        y = self.relu(y)  # QL202
        y = self.relu6(self.relu6(y))  # QL203
        y = self.hs(self.hs(y))  # QL203
        y = self.ln(self.ln(y))  # QL203
        y = self.lrelu(self.lrelu(y))  # QL203
        y = self.bn(self.bn(y))  # QL203
        y = self.elu(self.elu(y))  # QL203
        y = self.prelu(self.prelu(y))  # QL109, QL203
        y = self.sig(self.sig(y))  # sigmoid has fixed qparams
        t = self.c
        z = t(y)
        z = self.c.forward(z)  # QL203
        return self.dq(z)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
