import torch.nn as nn
from .registry import NECKS


@NECKS.register_module()
class FPN(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.lateral_convs = nn.ModuleList()
        for c in in_channels:
            self.lateral_convs.append(nn.Conv2d(c, out_channels, 1))

    def forward(self, inputs):
        laterals = [lc(inputs[i + 0]) for i, lc in enumerate(self.lateral_convs)]
        for i in range(len(laterals) - 1, 0, -1):
            laterals[i - 1] = laterals[i - 1] + laterals[i]  # QL101
        return laterals
