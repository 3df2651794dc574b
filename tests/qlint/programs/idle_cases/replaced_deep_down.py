"""Models in which code does something for some modules only: what runs is what is reported."""

import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


def replace_act(module):
    for name, child in module.named_children():
        if isinstance(child, nn.SiLU):
            setattr(module, name, nn.ReLU())
        else:
            replace_act(child)


class B(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))


class W(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.body = W(W(B()))
        self.dequant = DeQuantStub()
        replace_act(self)

    def forward(self, x):
        return self.dequant(self.body(self.quant(x)))
