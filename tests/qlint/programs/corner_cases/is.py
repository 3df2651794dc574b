import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.base = [1]
        self.cur = self.base

    def forward(self, x):
        x = self.q(x)
        if self.cur is not self.base:
            x = x + x
        if self.cur is self.base:
            x = x * x  # QL103
        return self.d(x)
