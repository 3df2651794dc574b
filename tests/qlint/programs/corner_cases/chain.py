import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import math


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.k, self.n = 3, 5

    def forward(self, x):
        x = self.q(x)
        if 1 < self.k < self.n:
            pass
        else:
            x = x + x
        if 0 <= self.k <= 2:
            x = x * x
        return self.d(x)
