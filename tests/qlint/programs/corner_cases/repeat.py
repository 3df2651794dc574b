import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.f = [True] * 5 + [False]
        self.n = len([0] * 6)

    def forward(self, x):
        x = self.q(x)
        if self.f[4]:
            x = x + x  # QL101
        if not self.f[4]:
            x = x * x
        if self.n == 6:
            x = x - x  # QL102
        return self.d(x)
