import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import os


def layer(spec, c):
    if isinstance(spec, str):
        return {"conv": nn.Conv2d(c, c, 1), "silu": nn.SiLU()}[spec]
    return nn.Sequential(*[layer(s, c) for s in spec])


C = int(os.environ.get("C", 3))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.m = layer([["conv", "silu"], "conv"], C)

    def forward(self, x):
        x = self.q(x)
        x = self.m(x)  # QL109
        return self.d(x)
