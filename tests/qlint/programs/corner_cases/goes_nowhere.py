import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.c(x)
        return y + x  # QL101


def build(name, quantized=True):
    if quantized:
        return nn.Sequential(QuantStub(), build(name, quantized=False), DeQuantStub())
    return Net(name)


def main(argv):
    return build(argv[1])
