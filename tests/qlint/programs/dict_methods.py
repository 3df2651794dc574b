"""What dicts and sets of the program, and contexts of Python's library, hold."""

import contextlib
from collections import defaultdict

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Settings(dict):
    def __missing__(self, key):
        return False

    def __contains__(self, key):
        return dict.__contains__(self, key.lower())


class Level:
    def __init__(self, number):
        self.number = number

    def __eq__(self, other):
        return self.number == other

    def __gt__(self, other):
        return self.number > other


settings = Settings(raw=False, extra=True)
lists = defaultdict(list)
lists["a"].append(False)
lists["b"].append(True)
counts = defaultdict(int, known=1)
level = Level(8)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        if settings["raw"] or settings["nowhere"] or "RAW" not in settings:
            x = x + 1
        if settings["extra"] and "Extra" in settings:
            x = x + 2  # QL107
        if lists["a"][0] or lists["c"] or counts["missing"]:
            x = x + 3
        if lists["b"][0] and counts["known"]:
            x = x + 4  # QL107
        if {"a", "b"} & {"c"} or {"a"} - {"a", "b"}:
            x = x + 5
        if {"a", "b"} & {"a"} and {"a"} | {"b"}:
            x = x + 6  # QL107
        if level == 32 or level > 8:
            x = x + 7
        if level == 8 and level > 4:
            x = x + 8  # QL107
        with contextlib.nullcontext(x) as y:
            x = y + 9  # QL107
        return self.dequant(x)
