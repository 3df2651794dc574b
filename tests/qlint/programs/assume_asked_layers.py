"""Questions about layers: their class, which convert changes, and whether there are any."""

import torch
from torch import nn


class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(4, 4, 1), nn.ReLU(), nn.BatchNorm2d(4)])

    def forward(self, x):
        for layer in self.layers:
            if isinstance(layer, nn.ReLU):
                x = layer(x)
            elif isinstance(layer, (nn.Conv2d, nn.BatchNorm2d)):
                x = layer(x) + x
            elif isinstance(layer, nn.Module):
                x = layer(x) * 2.0  # QL107
        return x


class Kept(nn.Module):
    """What has no qconfig keeps its class, and so does what is asked while it is built."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(4, 4, 1)
        self.first.qconfig = None
        self.last = nn.Conv2d(4, 4, 1)
        self.raw = isinstance(self.last, nn.Conv2d)

    def forward(self, x):
        y = x
        if isinstance(self.first, nn.Conv2d):
            y = torch.softmax(x, 1)  # QL108
        return y + y if self.raw else y - y  # QL101


class Maybe(nn.Module):
    def __init__(self):
        super().__init__()
        self.none = nn.ModuleList()
        self.nothing = nn.Sequential()
        self.some = nn.Sequential(nn.ReLU())
        self.heads = nn.ModuleDict({"a": nn.Conv2d(4, 4, 1)})

    def forward(self, x):
        if self.none or self.nothing:
            x = x + x
        if self.some and self.heads:
            x = x - x  # QL102
        if "b" in self.heads:
            x = x * x
        if "a" in self.heads:
            x = self.heads["a"](x) / 2  # QL107
        return x


class Exits(nn.Module):
    """Each head is called once."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Conv2d(4, 4, 1) for _ in range(3)])
        self.side = nn.ModuleDict(
            {"1": nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU()), "2": nn.Conv2d(4, 4, 1)}
        )

    def forward(self, x):
        outs = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if str(i) in self.side:
                outs.append(self.side[str(i)](x))
        return outs, torch.cat(outs)  # QL106


class NamedElsewhere(nn.Module):
    """A module under a name that is not known is not known itself."""

    def __init__(self, build):
        super().__init__()
        self.norm_name, norm = build(4)
        self.add_module(self.norm_name, norm)
        self.softmax = nn.Softmax(1)

    @property
    def norm(self):
        return getattr(self, self.norm_name)

    def forward(self, x):
        return self.norm(x) * 2  # QL107
