"""Parts that run in training only, or in a loss, are not what int8 models are made of."""

import torch
from torch import nn


class Auxiliary(nn.Module):
    def forward(self, x):
        return x + x


class InList(nn.Module):
    def forward(self, x):
        return x * x


class Criterion(nn.Module):
    def forward(self, x, y):
        return (x - y).abs().mean()


class Called(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class CalledSomehow(nn.Module):
    """Handed to a function that nobody can read: it may well call it."""

    def forward(self, x):
        return x + x  # QL101


class Alone(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.auxiliary = Auxiliary()
        self.heads = nn.ModuleList([InList()])
        self.criterion = Criterion()
        self.called = Called()
        self.somehow = CalledSomehow()

    def loss(self, x, y):
        return self.criterion(x, y)

    def forward(self, x, y=None):
        x = self.called(self.conv(x))
        x = run_somewhere(self.somehow, x)
        if self.training and y is not None:
            return x, self.auxiliary(x), [head(x) for head in self.heads]
        return x
