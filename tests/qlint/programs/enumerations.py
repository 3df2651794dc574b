"""Enumerations: by member, by value, by name, with auto(), mixed with str, gone through."""

import enum
import json
from enum import Enum, IntEnum, auto

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Mode(Enum):
    FUNCTIONAL = auto()
    RAW = auto()

    @property
    def is_raw(self):
        return self is Mode.RAW


class Kind(str, Enum):
    ADD = "add"
    SUB = "sub"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Net(nn.Module):
    def __init__(self, mode=Mode.FUNCTIONAL, kind="add", level=Level.LOW):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.mode, self.kind, self.level = mode, Kind(kind), level
        self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.functional = FloatFunctional()

    def forward(self, x):
        x = self.quant(x)
        a, b = self.a(x), self.b(x)
        if self.mode is Mode.FUNCTIONAL:
            y = self.functional.add(a, b)
        elif self.mode == Mode.RAW:
            y = a + b
        else:
            y = a - b
        if self.mode.is_raw:
            y = y + a
        if self.kind == "add":
            y = y * a  # QL103
        if self.kind.value == "sub":
            y = y / a
        if Kind["SUB"] is self.kind or self.kind not in (Kind.ADD,):
            y = y - a
        if self.level == 2 or self.level.name == "HIGH":
            y = y - a
        for kind in Kind:
            if kind is self.kind:
                y = y @ a  # QL105
        return self.dequant(y)


net = Net()


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


SETTINGS = json.loads('{"raw": false, "doubled": true}')


class Compared(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()

    def forward(self, x):
        x = self.quant(x)
        if Level.LOW > Level.HIGH or SETTINGS["raw"]:
            x = x * 2
        if Level.LOW < Level.HIGH and Level.HIGH >= 2 and SETTINGS["doubled"]:
            x = x * 3  # QL107
        return x
