import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from contextlib import contextmanager, ExitStack, nullcontext, suppress, ContextDecorator
import functools


class Aux(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = nn.Conv2d(c, c, 1)

    def forward(self, x):
        return self.c(x) + x  # QL101


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(Aux(3), nn.ReLU())
        self.head = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        raise NotImplementedError

    def predict(self, x):
        return self.head(self.backbone(x))


class Infer(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net.predict(x)


def main(path):
    net = torch.load(path)
    print(net.predict(torch.randn(1, 3, 4, 4)))
