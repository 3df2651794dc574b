import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


class Neck(nn.Module):
    def forward(self, x):
        y = x
        return x + y  # QL101


class Hourglass(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.low = Hourglass(n - 1) if n > 1 else Neck()

    def forward(self, x):
        return self.low(self.c(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.h = Hourglass(4)

    def forward(self, x):
        x = self.h(self.q(x)) * 2  # QL107
        return self.d(x)
