"""Outputs that are kept and joined by indices which nobody knows, as in darknet's routes."""

import torch
from torch import nn


class Routes(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.blocks = blocks
        self.layers = nn.ModuleList(
            [nn.Conv2d(3, 3, 1) if kind == "conv" else nn.Identity() for kind, _ in blocks]
        )

    def forward(self, x):
        outputs = []
        for i, (kind, layers) in enumerate(self.blocks):
            if kind == "conv":
                x = self.layers[i](x)
            elif kind == "route":
                x = torch.cat([outputs[layer] for layer in layers], 1)  # QL106
            else:
                x = outputs[layers[0]] + outputs[layers[1]]  # QL101
            outputs.append(x)
        return x


class Kept(nn.Module):
    """One layer stands for many, each of which has an observer of its own."""

    def __init__(self, count):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(count)])
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        outputs = []
        for layer in self.layers:
            x = layer(x)
            outputs.append(x)
        y = self.pool(x)
        return torch.cat([outputs[-1], outputs[-2]], 1), torch.cat([y, y], 1)  # QL106
