"""Parts that are looked up by keys that are not known, and what torch has for certain."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Tasks(nn.Module):
    def __init__(self, tasks):
        super().__init__()
        self.quant = QuantStub()
        self.dequants = nn.ModuleDict({task: DeQuantStub() for task in tasks})
        self.heads = nn.ModuleDict({task: nn.Linear(8, 8) for task in tasks})
        self.fused = hasattr(torch.nn.functional, "scaled_dot_product_attention")

    def forward(self, x):
        x = self.quant(x)
        y = self.heads["depth"](x)
        if not self.fused:
            y = y * 2
        z = self.dequants["depth"](y) * 2
        return z, y * 2  # QL107


class Steps(nn.Module):
    """Decodes step by step: the whole model is called again, as it should be."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        return self.dequant(self.linear(self.quant(x)))

    def generate(self, x):
        for _ in range(3):
            x = self(x)
        return x
