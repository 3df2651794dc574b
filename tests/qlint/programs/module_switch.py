"""A switch of the file that nobody knows: the stubs and the functional are there together."""

import argparse
import os

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub

QUANT = os.environ.get("QUANT") == "1"
parser = argparse.ArgumentParser()
parser.add_argument("--quant", action="store_true")
args = parser.parse_args([])


class Switched(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)
        if QUANT:
            self.quant, self.dequant = QuantStub(), DeQuantStub()
            self.add = FloatFunctional()

    def forward(self, x):
        if QUANT:
            x = self.quant(x)
        y = self.conv(x)
        x = self.add.add(x, y) if QUANT else x + y
        if not QUANT:
            x = x * 2
        return self.dequant(x) if QUANT else x


class ByArguments(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)
        if args.quant:
            self.quant, self.dequant = QuantStub(), DeQuantStub()
            self.add = FloatFunctional()

    def forward(self, x):
        if args.quant:
            x = self.quant(x)
        y = self.conv(x)
        if args.quant:
            return self.dequant(self.add.add(x, y))
        return x + y


class Forgotten(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 8, 1)
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        if QUANT:
            x = self.quant(x)
        x = x + self.conv(x)  # QL101
        return self.dequant(x)
