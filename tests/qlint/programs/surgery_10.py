"""Layers taken out of containers, functions applied to all modules, forwards that are partials."""

import functools

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


def layers():
    return nn.Sequential(nn.Conv2d(8, 8, 1), nn.SiLU(), nn.Conv2d(8, 8, 1))


class Stubbed(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()


class Deleted(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers = layers()
        del self.layers[1]

    def forward(self, x):
        x = self.quant(x)
        for index in range(2):
            x = self.layers[index](x)
        return self.dequant(x)


class Popped(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers = layers()
        self.layers.pop(1)

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))


class WrongOneDeleted(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers = layers()
        del self.layers[0]

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))  # QL109


class DeletedKey(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict({"a": nn.SiLU(), "b": nn.ReLU()})
        del self.layers["a"]
        self.popped = nn.ModuleDict({"a": nn.Mish(), "b": nn.ReLU()})
        self.popped.pop("a")

    def forward(self, x):
        x = self.quant(x)
        for layer in (*self.layers.values(), *self.popped.values()):
            x = layer(x)
        return self.dequant(x)


class DeletedAttribute(Stubbed):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(8, 8, 1)
        self.act = nn.SiLU()
        del self.act

    def forward(self, x):
        x = self.quant(x)
        for child in self.children():
            if not isinstance(child, (QuantStub, DeQuantStub)):
                x = child(x)
        return self.dequant(x)


class Mode(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode

    def forward(self, x):
        if self.mode == "raw":
            return x + 1  # QL107
        if self.mode == "other":
            return x + 2
        return x


def to_identity(module):
    if isinstance(module, Mode):
        module.mode = "identity"


def to_raw(module):
    if isinstance(module, Mode):
        module.mode = "raw"


class AppliedIdentity(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(Mode("other"))
        self.apply(to_identity)

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))


class AppliedRaw(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(Mode("other"))
        self.apply(to_raw)

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))


class Replaced(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)

    def forward(self, x):
        return self.conv(x) * 7


def through(self, x):
    return self.conv(x)


def doubled(self, x):
    return self.conv(x) * 2  # QL107


class WithPartial(Stubbed):
    def __init__(self):
        super().__init__()
        self.fine = Replaced()
        self.fine.forward = functools.partial(through, self.fine)
        self.doubled = Replaced()
        self.doubled.forward = functools.partial(doubled, self.doubled)

    def forward(self, x):
        return self.dequant(self.doubled(self.fine(self.quant(x))))
