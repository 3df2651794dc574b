import torch
from torch import nn


class Heads(nn.Module):
    def __init__(self, k):
        super().__init__()
        self.head = nn.Conv2d(3, 4, 1) if k else nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, a, b):
        outs = [self.head(f) for f in (a, b)]
        outs = [o.flatten(1) for o in outs]
        return torch.cat(outs, 1)
