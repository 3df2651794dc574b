import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import argparse


class Block(nn.Module):
    def __init__(self, q):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.q = q
        if q:
            self.ff = FloatFunctional()

    def forward(self, x):
        if self.q:
            return self.ff.add(self.c(x), x)
        return self.c(x) + x


class Net(nn.Module):
    def __init__(self, quantize=False):
        super().__init__()
        self.b = Block(quantize)
        self.quant = QuantStub() if quantize else nn.Identity()
        self.dequant = DeQuantStub() if quantize else nn.Identity()

    def forward(self, x):
        x = self.quant(x)
        return self.dequant(self.b(x)) * 2


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--quantize", action="store_true")
    args = p.parse_args()
    m = Net(quantize=args.quantize)
    m(torch.rand(1, 3, 8, 8))
