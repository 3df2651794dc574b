"""Checks that stop int8 tensors: what gets past them is float, the program is meant to run."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


def normalize(x, mean):
    if not x.is_floating_point():
        raise TypeError(f"not a float tensor: {x.dtype}")
    return x.sub_(mean)


def equalize(x):
    if x.dtype != torch.float32 and x.dtype != torch.float64:
        raise TypeError("only float tensors")
    return x * 2


def of_images(x):
    if x.dim() != 4 or False:
        raise ValueError("not a batch")
    if not isinstance(x, torch.Tensor):
        raise TypeError("no tensor")
    return x * 2  # QL107


def of_int8(x):
    if not x.is_quantized:
        raise TypeError("not quantized")
    return x * 2  # QL107


class Casts(nn.Module):
    def __init__(self, quantized):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.quantized = quantized

    def forward(self, x):
        y = self.quant(x) if x.sum() > 0 else x  # one or the other
        if y.dtype in (torch.float32, torch.float64):
            y = y * 2
        elif y.dtype != torch.float16:
            y = y * 3  # QL107
        return self.dequant(y)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        y = normalize(x, 0.5)
        z = equalize(x)
        return self.dequant(of_int8(of_images(x))) + y + z
