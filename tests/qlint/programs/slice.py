import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.c(self.q(x))
        z = y[:, 0] * 2  # QL107
        y[:, 0] += z  # QL101
        y = F.relu(input=y, inplace=True)  # QL201
        return self.dq(y)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
