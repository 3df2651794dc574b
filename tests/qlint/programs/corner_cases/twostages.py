import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import os


class Stage(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.a, self.b = Stage(os.environ.get("K1", "q")), Stage(os.environ.get("K2", "add"))

    def forward(self, x):
        x = self.q(x)
        if self.a.kind == "q":
            if self.b.kind == "add":
                x = x + x  # QL101
        return self.d(x)
