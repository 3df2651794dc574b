"""Operators that classes of the program define; an einsum that only permutes."""

from typing import NamedTuple

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Pair(NamedTuple):
    left: torch.Tensor
    right: torch.Tensor


class Masked:
    def __init__(self, tensor, mask):
        self.tensor, self.mask = tensor, mask

    def __add__(self, other):
        return Masked(self.tensor + other.tensor, self.mask)  # QL101

    def __rmul__(self, factor):
        return Masked(self.tensor * factor, self.mask)  # QL107


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.mask = nn.Parameter(torch.ones(3))

    def forward(self, x):
        x = self.conv(self.quant(x))
        masked = Masked(x, None)
        masked = 2 * (masked + Masked(self.mask, None))
        masked += Masked(x, None)
        x = torch.einsum("nchw->nhwc", x)
        y = torch.einsum("nhwc->nc", x)  # QL105
        pair = Pair(x, y)
        d = pair._asdict()
        z = d["left"] - d["right"]  # QL102
        w = pair._replace(left=y).left / z  # QL104
        return self.dequant(masked.tensor), self.dequant(w)
