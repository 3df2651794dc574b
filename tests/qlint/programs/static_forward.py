"""A forward that knows no instance."""

import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


class SiLU(nn.Module):
    @staticmethod
    def forward(x):
        return x * torch.sigmoid(x)  # QL103



class Scale(nn.Module):
    @staticmethod
    def forward(x):
        return 2 * x  # QL107


class ByClass(nn.Module):
    @classmethod
    def forward(cls, x):
        return cls.double(x)

    @staticmethod
    def double(x):
        return x + x  # QL101


class Plain(nn.Module):
    @staticmethod
    def forward(x):
        return x * 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv, self.act = nn.Conv2d(4, 4, 1), SiLU()
        self.seq = nn.Sequential(nn.Conv2d(4, 4, 1), Scale(), ByClass())

    def forward(self, x):
        x = self.act(self.conv(self.quant(x)))
        x = self.seq(x)
        x = x + 1  # QL107
        return Plain()(self.dequant(x))
