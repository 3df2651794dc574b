from torch import nn

from .registry import BACKBONES


@BACKBONES.register()
class Small(nn.Module):
    def forward(self, x):
        return x * x  # QL103


@BACKBONES.register("other")
class Other(nn.Module):
    def forward(self, x):
        return x + x
