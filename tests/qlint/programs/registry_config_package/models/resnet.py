import torch.nn as nn
from .registry import BACKBONES

__all__ = ["ResNet"]


class BasicBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, 1, 1)
        self.add_module("norm1", nn.BatchNorm2d(c))
        self.relu = nn.ReLU()

    @property
    def norm(self):
        return getattr(self, "norm1")

    def forward(self, x):
        out = self.norm(self.conv(x))
        out += x  # QL101
        return self.relu(out)


@BACKBONES.register_module()
class ResNet(nn.Module):
    arch_settings = {18: (BasicBlock, (1, 1)), 34: (BasicBlock, (2, 2))}

    def __init__(self, depth, out_indices=(0, 1)):
        super().__init__()
        self.block, stage_blocks = self.arch_settings[depth]
        self.stem = nn.Conv2d(3, 4, 3, 2, 1)
        self.res_layers = []
        for i, n in enumerate(stage_blocks):
            layer = nn.Sequential(*[self.block(4) for _ in range(n)])
            layer_name = f"layer{i + 1}"
            self.add_module(layer_name, layer)
            self.res_layers.append(layer_name)
        self.out_indices = out_indices

    def forward(self, x):
        x = self.stem(x)
        outs = []
        for i, layer_name in enumerate(self.res_layers):
            res_layer = getattr(self, layer_name)
            x = res_layer(x)
            if i in self.out_indices:
                outs.append(x)
        return tuple(outs)
