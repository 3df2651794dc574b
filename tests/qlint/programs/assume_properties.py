"""Properties with a setter, and attributes that only some ways of building set."""

import torch
from torch import nn


def plus(x):
    return x + 1.0  # QL107


def times(x):
    return x * 2.0


class Setter(nn.Module):
    def __init__(self):
        super().__init__()
        self.mode = "plus"

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, value):
        self._mode = value.lower()

    @mode.deleter
    def mode(self):
        del self._mode

    def forward(self, x):
        if self.mode == "plus":
            return plus(x)
        return times(x)

class Inh(nn.Module):
    act = None
    def __init__(self, relu):
        super().__init__()
        if relu:
            self.act = nn.ReLU()
    def forward(self, x):
        if self.act is not None:
            x = self.act(x)
        else:
            x = x - 1.0   # QL107
        return x

class Prop(nn.Module):
    def _get(self):
        return self.conv
    def _set(self, v):
        self.conv = v
    layer = property(_get, _set)
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 1)
    def forward(self, x):
        x = self.layer(x)
        return self.conv(x)  # QL203


class Sometimes(nn.Module):
    def __init__(self, twice, thrice):
        super().__init__()
        if twice:
            self.conv = nn.Conv2d(1, 1, 1)
        if thrice:
            self.conv = nn.Conv2d(1, 1, 3)

    def forward(self, x):
        if getattr(self, "conv", None) is not None:
            return self.conv(x) - 2.0  # QL107
        return 3.0 / x  # QL107


class Always(nn.Module):
    def __init__(self, big):
        super().__init__()
        if big:
            self.conv = nn.Conv2d(1, 1, 3)
        else:
            self.conv = nn.Conv2d(1, 1, 1)

    def forward(self, x):
        if hasattr(self, "conv"):
            return self.conv(x)
        return 3.0 / x
