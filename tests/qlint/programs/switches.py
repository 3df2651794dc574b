"""Switches whose values nobody knows: names compared with several texts, settings in objects."""

import json
import os
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

MODE = os.environ.get("MODE", "int8")
SETTINGS = {"model": {"quant": os.environ.get("QUANT") == "1"}, "level": int(os.environ["LEVEL"])}


@dataclass
class Config:
    quant: bool = True
    names: list = field(default_factory=list)


CONFIG = Config(**json.loads(os.environ["CONFIG"]))


class ByMode(nn.Module):
    def __init__(self):
        super().__init__()
        quantized = MODE == "int8"
        self.quant = QuantStub() if quantized else nn.Identity()
        self.dequant = DeQuantStub() if quantized else nn.Identity()

    def forward(self, x):
        x = self.quant(x)
        if MODE == "float":
            x = x + 1
        elif MODE == "int8":
            x = x + 2  # QL107
        if MODE != "int8":
            x = x + 3
        return self.dequant(x)


class ByDict(nn.Module):
    def __init__(self):
        super().__init__()
        if SETTINGS["model"]["quant"]:
            self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        if SETTINGS["model"]["quant"]:
            x = self.quant(x)
            x = x + 1  # QL107
        if not SETTINGS["model"]["quant"]:
            x = x + 2
        return self.dequant(x) if SETTINGS["model"]["quant"] else x


class ByLevel(nn.Module):
    def __init__(self):
        super().__init__()
        if SETTINGS["level"] == 8:
            self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        if SETTINGS["level"] == 8:
            x = self.quant(x)
        if SETTINGS["level"] == 32:
            x = x + 1
        return self.dequant(x) if SETTINGS["level"] == 8 else x


class ByConfig(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub() if CONFIG.quant else nn.Identity()
        self.dequant = DeQuantStub() if CONFIG.quant else nn.Identity()

    def forward(self, x):
        x = self.quant(x)
        if CONFIG.quant:
            x = x + 1  # QL107
        else:
            x = x + 2
        return self.dequant(x)


class Net(nn.Module):
    """Makes int8 around the parts, which is gone in front of them."""

    def __init__(self, *parts):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.parts = nn.ModuleList(parts)

    def forward(self, x):
        x = self.dequant(self.quant(x))
        for part in self.parts:
            x = part(x)
        return x


first = Net(ByMode(), ByDict())
second = Net(ByLevel(), ByConfig())
