"""Models that are looked up in a module, by names that nobody knows."""

import argparse

import models
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Quantizable(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.quant = QuantStub()
        self.model = model
        self.dequant = DeQuantStub()

    def forward(self, x):
        return self.dequant(self.model(self.quant(x)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", default="small")
    arguments = parser.parse_args()
    return Quantizable(models.__dict__[arguments.arch]())


def other(name):
    return Quantizable(getattr(models, name)())


if __name__ == "__main__":
    main()
