"""Loops and functions that do nothing for most modules, and something for one of them."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

LAST = None


class Block(nn.Module):
    def __init__(self, special):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.special = special
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.conv(x))  # QL109


class Group(nn.Module):
    def __init__(self, *parts):
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.scale = False

    def forward(self, x):
        for part in self.parts:
            x = part(x)
        return x * 2 if self.scale else x  # QL107


def log(module):
    name = module.__class__.__name__
    if not name.startswith("Net"):
        name = f"other.{name}"
    print(name)


def make_special(module):
    if module.special:
        module.act = nn.Mish()


def scale_if_deep(module):
    if len(module.parts) > 1:
        module.scale = True


def remember(module):
    global LAST
    LAST = module.special


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.blocks = nn.ModuleList(Block(number == 2) for number in range(3))
        self.groups = nn.ModuleList([Group(nn.ReLU()), Group(nn.ReLU(), nn.ReLU())])
        for block in self.blocks:
            log(block)
            make_special(block)
        for group in self.groups:
            log(group)
            scale_if_deep(group)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.ones_(m.weight)

    def forward(self, x):
        x = self.quant(x)
        for block in self.blocks:
            x = block(x)
        for group in self.groups:
            x = group(x)
        return self.dequant(x)


class ByIdentity(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.first, self.second = Group(nn.ReLU()), Group(nn.ReLU())
        for m in self.children():
            if m is self.second:
                m.scale = True
        remember(Block(False))
        remember(Block(True))
        self.wide = LAST

    def forward(self, x):
        x = self.second(self.first(self.quant(x)))
        return self.dequant(x * 3 if self.wide else x)  # QL107


class Untouched(ByIdentity):
    """The same without what singles one out."""

    def __init__(self):
        super().__init__()
        for m in self.children():
            if isinstance(m, Group):
                m.scale = False
        remember(Block(True))
        remember(Block(False))

    def forward(self, x):
        x = self.second(self.first(self.quant(x)))
        return self.dequant(x + 1 if LAST else x)
