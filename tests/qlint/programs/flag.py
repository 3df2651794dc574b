import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import argparse


class Net(nn.Module):
    def __init__(self, quantize=False):
        super().__init__()
        self.quantize = quantize
        self.conv = nn.Conv2d(3, 3, 1)
        if self.quantize:
            self.quant, self.dequant = QuantStub(), DeQuantStub()
            self.ff = FloatFunctional()

    def forward(self, x):
        if self.quantize:
            x = self.quant(x)
        y = self.conv(x)
        if self.quantize:
            y = self.ff.add(x, y)
        else:
            y = x + y
        if self.quantize:
            y = self.dequant(y)
        return y * 2


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--quantize", action="store_true")
    args = p.parse_args()
    m = Net(quantize=args.quantize)
    m(torch.rand(1, 3, 8, 8))
