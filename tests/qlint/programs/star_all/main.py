"""What a star import brings is what `__all__` lists."""

import torch
from torch import nn
from a import *
from b import *
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.block = Block(3)
        self.dequant = DeQuantStub()

    def forward(self, x):
        return self.dequant(self.block(self.quant(x)))
