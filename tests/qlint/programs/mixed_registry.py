"""One registry for models and all their parts; the model is built from a config in the file."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

REGISTRY = {}


def register(cls):
    REGISTRY[cls.__name__] = cls
    return cls


def build(config):
    config = dict(config)
    return REGISTRY[config.pop("type")](**config)


class Plugin(nn.Module):
    kinds = {}

    def __init_subclass__(cls, kind=None, **kwargs):
        super().__init_subclass__(**kwargs)
        if kind:
            Plugin.kinds[kind] = cls


class Raw(Plugin, kind="raw"):
    def forward(self, x, y):
        return x + y  # QL101


@register
class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)
        self.join = Plugin.kinds["raw"]()

    def forward(self, x):
        x = self.conv(x) * 2  # QL107
        return self.join(x, self.conv(x))  # QL203


@register
class Head(nn.Module):
    def __init__(self, channels=8):
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, features):
        return self.fc(features * 2)


@register
class Net(nn.Module):
    def __init__(self, backbone, head):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.backbone = build(backbone)
        self.head = build(head)

    def forward(self, x):
        x = self.dequant(self.backbone(self.quant(x)))
        return self.head(x.mean([2, 3]))


CONFIG = dict(type="Net", backbone=dict(type="Backbone"), head=dict(type="Head"))


def make():
    return build(CONFIG)


def create(name):
    return REGISTRY[name]()


class Chosen(nn.Module):
    """Made of parts of which nobody knows which they are."""

    def __init__(self, backbone, head):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.backbone, self.head = create(backbone), create(head)

    def forward(self, x):
        return self.head(self.dequant(self.backbone(self.quant(x))))


class Basic(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return x + self.conv(x)  # QL101


class Scaled(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return x * self.conv(x)  # QL103


BLOCKS = {"basic": Basic, "scaled": Scaled}


class OfBlocks(nn.Module):
    """The blocks are made alike, so that each of them can stand there."""

    def __init__(self, block):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.block = BLOCKS[block](8)

    def forward(self, x):
        return self.dequant(self.block(self.quant(x)))


class Registered(type):
    """A metaclass that keeps the classes it makes."""

    kept = {}

    def __new__(mcs, name, bases, namespace):
        cls = super().__new__(mcs, name, bases, namespace)
        mcs.kept[name] = cls
        return cls


class Kept(nn.Module, metaclass=Registered):
    def forward(self, x):
        return x


class KeptRaw(Kept):
    def forward(self, x):
        return x * 2  # QL107


class Noted(type):
    kept = []

    def __init__(cls, name, bases, namespace):
        type.__init__(cls, name, bases, namespace)
        Noted.kept.append(cls)


class First(nn.Module, metaclass=Noted):
    def forward(self, x):
        return x * 3  # QL107


class OfMetaclasses(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.kept = Registered.kept["Kept"]()
        self.raw = Registered.kept["KeptRaw"]()
        self.first = Noted.kept[0]()

    def forward(self, x):
        return self.dequant(self.first(self.raw(self.kept(self.quant(x)))))
