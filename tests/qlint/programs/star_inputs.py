"""Inputs in a star, in a file that does not call the model."""

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Stubbed(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.functional = FloatFunctional()


class Listed(Stubbed):
    def forward(self, *inputs):
        xs = [self.quant(each) for each in inputs]
        return self.dequant(xs[0] + 1)  # QL107


class Looped(Stubbed):
    def forward(self, *inputs):
        for each in inputs:
            y = self.quant(each) + 1  # QL107
        return self.dequant(y)


class Mapped(Stubbed):
    def forward(self, *inputs):
        a, b = map(self.quant, inputs)
        return self.dequant(a + b)  # QL101


class Body(nn.Module):
    def forward(self, x, y):
        return x + y  # QL101


class HandedOn(Stubbed):
    def __init__(self):
        super().__init__()
        self.body = Body()

    def forward(self, *inputs):
        return self.dequant(self.body(*[self.quant(each) for each in inputs]))


class Joined(Stubbed):
    def forward(self, *inputs):
        x = torch.cat([self.quant(each) for each in inputs], 1)
        return self.dequant(x * 2)  # QL107


class Right(Stubbed):
    def forward(self, *inputs):
        xs = [self.quant(each) for each in inputs]
        return [self.dequant(each) + 1 for each in xs]


class AlsoRight(Stubbed):
    def forward(self, *inputs, scale=2):
        return self.dequant(self.functional.mul_scalar(self.quant(inputs[0]), scale))
