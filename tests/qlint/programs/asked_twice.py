"""Conditions that are asked twice have the same outcome both times."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Base(nn.Module):
    def __init__(self, channels=None, size=3, config=None):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.extra = nn.Linear(channels, 3) if channels else None
        self.size = size
        self.config = config or {}


class Parameter(Base):
    def forward(self, x, scale=None):
        x = self.conv(self.quant(x))
        if scale is not None:
            x = self.dequant(x)
        if scale is not None:
            return x * scale
        x = x * 2  # QL107
        return x


class Negated(Base):
    def forward(self, x, scale=None):
        x = self.conv(self.quant(x))
        if scale is None:
            x = x * 2  # QL107
        else:
            x = self.dequant(x)
        return x if not (scale is not None) else x * scale


class Attributes(Base):
    def forward(self, x):
        x = self.conv(self.quant(x))
        if self.extra is not None:
            x = self.dequant(x)
        if self.extra is not None:
            x = x * 2
        if self.extra is not None and self.size > 2:
            return x * 2
        return x


class Ordered(Base):
    def forward(self, x):
        x = self.conv(self.quant(x))
        x = self.dequant(x) if self.size > 2 else x
        x = x * 2 if self.size > 2 else x
        if self.size > 3:
            x = x * 2  # QL107
        return x


class Settings(Base):
    def forward(self, x):
        x = self.conv(self.quant(x))
        if self.config.get("float_head", False):
            x = self.dequant(x)
        if self.config.get("float_head", False):
            x = x * 2
        if self.config.get("other"):
            x = x * 2  # QL107
        return x


class Held(Base):
    def forward(self, x, scale=None):
        x = self.conv(self.quant(x))
        in_float = scale is not None
        if in_float:
            x = self.dequant(x)
        return x * scale if in_float else x


class Changed(Base):
    def forward(self, x, scale=None, others=()):
        x = self.conv(self.quant(x))
        if scale is not None:
            x = self.dequant(x)
        scale = self.find(x)
        if scale is not None:
            x = x * scale  # QL103
        for other in others:
            if other:
                x = self.dequant(x)
            elif self.rolls(other):
                x = x * 2  # QL107
        if self.rolls():
            x = self.dequant(x)
        if self.rolls():
            x = x * 2  # QL107
        return x

    def find(self, x):
        return torch.load("scale")

    def rolls(self, other=None):
        return torch.load("dice")


class EitherOf(Base):
    def forward(self, x, logits=True, probabilities=False):
        x = self.conv(self.quant(x))
        if logits or probabilities:
            x = self.dequant(x)
        if probabilities:
            return x.softmax(1)
        if not logits:
            x = x * 2  # QL107
        return x


class PerCall(Base):
    """Each call of a function asks for itself, and so does each object."""

    def __init__(self, enters=True):
        super().__init__()
        self.enters = torch.load("enters")[enters]

    def helper(self, x, index, entries):
        if index in entries:
            return self.dequant(x)
        return x + x  # QL101

    def forward(self, x, entries=()):
        x = self.conv(self.quant(x))
        y = self.helper(x, 0, entries)
        z = self.helper(x, 1, entries)
        if self.enters:
            x = self.dequant(x)
        waiting = list(entries)
        if waiting:
            x = self.dequant(x)
        waiting.pop()
        if waiting:
            x = x * 2  # QL107
        return x, y, z


class TwoOfThem(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.other = PerCall(0), PerCall(1)

    def forward(self, x):
        return self.one(x), self.other(x)
