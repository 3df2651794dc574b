"""A class derived from QuantWrapper that calls its stubs itself."""

from torch import nn
from torch.ao.quantization import QuantWrapper


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) - 1  # QL107


class Own(QuantWrapper):
    def __init__(self):
        super().__init__(Body())

    def forward(self, x):
        x = self.quant(x)
        x = self.module(x)
        return self.dequant(x) - 1
