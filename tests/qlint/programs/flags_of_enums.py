"""Enumerations of flags: which are set is known, so that branches for others are not taken."""

import enum

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Mode(enum.Flag):
    GATE = enum.auto()
    RES = enum.auto()
    SCALE = enum.auto()
    BOTH = GATE | RES


class Bits(enum.IntFlag):
    A = 1
    B = 2


class Net(nn.Module):
    def __init__(self, mode=Mode.GATE, bits=Bits.A):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.mode = mode
        self.bits = bits
        self.both = Mode.GATE | Mode.SCALE

    @property
    def gates(self):
        return bool(self.mode & Mode.GATE)

    def forward(self, x):
        x = self.quant(x)
        if self.mode & Mode.RES:
            x = x + 1
        if Mode.RES in self.mode:
            x = x + 1
        if self.bits & Bits.B:
            x = x + 1
        if self.bits & 2:
            x = x + 1
        if self.both & ~Mode.GATE & ~Mode.SCALE:
            x = x + 1
        if self.both ^ Mode.SCALE != Mode.GATE:
            x = x + 1
        if not self.gates:
            x = x + 1
        if self.mode in Mode.BOTH:
            x = x + 2  # QL107
        if self.both & Mode.SCALE == Mode.SCALE:
            x = x * 2  # QL107
        if self.bits | Bits.B == 3:
            x = x * 3  # QL107
        if self.gates:
            x = x * 4  # QL107
        return self.dequant(x)


net = Net()
