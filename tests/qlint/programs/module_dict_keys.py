"""A ModuleDict is iterated over by its keys."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Keys(nn.Module):
    def __init__(self):
        super().__init__()
        parts = {"quant": QuantStub(), "conv": nn.Conv2d(3, 3, 1), "dequant": DeQuantStub()}
        self.net = nn.ModuleDict(parts)
        self.names = list(self.net)

    def forward(self, x):
        for name in self.net:
            x = self.net[name](x)
        x = x * 2
        for name in self.names[:2]:
            x = self.net[name](x)  # QL203
        return self.net["dequant"](x * 2)  # QL107


class Derived(nn.ModuleDict):
    def __init__(self):
        super().__init__({"quant": QuantStub(), "act": nn.ReLU(), "dequant": DeQuantStub()})

    def forward(self, x):
        y = self["quant"](x)
        for name, part in self.items():
            if name == "act":
                y = part(y) + y  # QL101
        for name in sorted(self):
            x = self[name](x)
        return self["dequant"](y), x


class OfList(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.ModuleList([QuantStub(), nn.Conv2d(3, 3, 1)])

    def forward(self, x):
        for part in self.net:
            x = part(x)
        return x * 2  # QL107
