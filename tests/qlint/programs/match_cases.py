"""`match` on what is known: cases that cannot be taken, captures, classes, mappings."""

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self, mode, width=None):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.mode, self.width = mode, width
        self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.functional = FloatFunctional()

    def combine(self, parts):
        match parts:
            case {"missing": left, "b": right}:
                return left - right
            case {"a": left, "b": torch.Tensor() as right, **_rest}:
                return left * right  # QL103
            case _:
                return parts + parts

    def first(self, values):
        match values:
            case []:
                return None
            case [only]:
                return only + only
            case [first, *others]:
                return first / others[0]  # QL104

    def forward(self, x):
        x = self.quant(x)
        a, b = self.a(x), self.b(x)
        match self.mode:
            case "functional":
                y = self.functional.add(a, b)
            case "raw" | "other":
                y = a + b
            case _:
                y = a - b
        match self.width:
            case None if self.mode != "functional":
                y = y + a
            case None:
                pass
            case int():
                y = y * a
        match (y, b):
            case (left, right):
                z = left @ right  # QL105
        return self.dequant(z), self.dequant(self.combine({"a": a, "b": b})), self.first([y, b])


net = Net("functional")
