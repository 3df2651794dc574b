import torch, torch.nn as nn
from torch.ao.quantization import QuantStub


class A(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = nn.Conv2d(c, c, 1)

    def forward(self, x):
        return x + self.c(x)  # QL101


class B(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = nn.Conv2d(c, c, 1)

    def forward(self, x):
        return x * self.c(x)  # QL103


def parse(cfg):
    layers = []
    for m, args in cfg:
        m = {"A": A, "B": B}[m]
        m_ = m(*args)
        m_.i = 1
        layers.append(m_)
    return nn.Sequential(*layers)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.model = parse([["A", [3]], ["B", [3]]])

    def forward(self, x):
        return self.model(self.q(x))
