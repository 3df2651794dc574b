"""Functions applied to all modules that set things in other ways than ``module.name = ...``."""

import functools

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Mode(nn.Module):
    def __init__(self):
        super().__init__()
        self.raw = True
        self.options = {"twice": True}

    def deploy(self):
        self.raw = False

    def forward(self, x):
        if self.options["twice"]:
            x = x * 2  # QL107
        return x + 1 if self.raw else x  # QL107


class Quiet(Mode):
    def forward(self, x):
        if self.options["twice"]:
            x = x * 2
        return x + 1 if self.raw else x


class Stubbed(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.layers = self.make()

    def make(self):
        return nn.Sequential(nn.Conv2d(8, 8, 1), Mode(), nn.Sequential(nn.SiLU()))

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))  # QL109


class AsItIs(Stubbed):
    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))  # QL109


class Deployed(Stubbed):
    def make(self):
        return nn.Sequential(nn.Conv2d(8, 8, 1), Quiet(), nn.Sequential(nn.SiLU()))

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))


def swap(module, into=nn.ReLU):
    for name, child in module.named_children():
        if isinstance(child, nn.SiLU):
            setattr(module, name, into())


def swap_entry(module):
    for name, child in module.named_children():
        if isinstance(child, nn.SiLU):
            module._modules[name] = nn.ReLU()


def deploy(module):
    if hasattr(module, "deploy"):
        module.deploy()


class Once:
    def __call__(self, module):
        if isinstance(module, Mode):
            module.options["twice"] = False


def init_weights(module):
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


deployed = Deployed()
deployed.apply(init_weights)
deployed.apply(swap)
deployed.apply(deploy)
deployed.apply(Once())


class DeployedInside(Deployed):
    def __init__(self):
        super().__init__()
        self.apply(functools.partial(swap, into=nn.ReLU6))
        self.layers[2].apply(swap_entry)
        self.apply(deploy)
        self.apply(Once())


class SwappedByEntry(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers.apply(swap_entry)

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))


class SwappedForWorse(Stubbed):
    def __init__(self):
        super().__init__()
        self.layers.apply(functools.partial(swap, into=nn.Mish))

    def forward(self, x):
        return self.dequant(self.layers(self.quant(x)))  # QL109


class Attributes(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        object.__setattr__(self, "hidden", nn.SiLU())
        self.layers = nn.Sequential(nn.ReLU(), nn.SiLU())
        delattr(self.layers, "1")
        self.kept = nn.Sequential(nn.ReLU(), nn.SiLU())
        delattr(self.kept, "0")

    def forward(self, x):
        x = self.layers(self.quant(x))
        x = self.hidden(x)  # QL109
        x = self.kept(x)  # QL109
        return self.dequant(x)
