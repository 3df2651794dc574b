"""Layers of einops, displays with a star, lists written item by item, sizes of a shape's rest."""

import torch
from einops.layers.torch import Rearrange, Reduce
from torch import nn


class Einops(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = Rearrange("b c h w -> b (h w) c")
        self.mean = nn.Sequential(Reduce("b n c -> b c", "mean"), nn.Linear(8, 2))
        self.norm = nn.LayerNorm(8)

    def forward(self, x):
        x = self.norm(self.tokens(x))
        return self.mean(x)  # QL108


def positions(x, dtype=torch.float32):
    _, h, w, channels, device, dtype = *x.shape, x.device, x.dtype
    return torch.arange(h, device=device).type(dtype)  # QL108


def plain_positions(x):
    _, h, w, channels, device = *x.shape, x.device
    return torch.arange(h, device=device).type(torch.float32)


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)

    def forward(self, x):
        x = self.conv(x)
        torch.promote_types(x.dtype, torch.float32)  # QL108
        return x, positions(x), plain_positions(x), torch.view_as_complex(x)  # QL108


class Levels(nn.Module):
    """What is written into may be a list of tensors."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(3))

    def forward(self, features):
        for i, conv in enumerate(self.convs):
            features[i] = conv(features[i])
        return features


class LevelsOfAnEncoder(nn.Module):
    """So may what an unknown module returns."""

    def __init__(self, make_encoder):
        super().__init__()
        self.encoder = make_encoder(3)
        self.levels = Levels()

    def forward(self, x):
        return self.levels(self.encoder(x)[2:])


class OneTensor(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.conv(x)
        x[:, :, 1:] = y[:, :, 1:]  # QL108
        return x


class KeyPoints(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x = self.conv(x)
        size = x.shape[2:]
        scores, indices = x.flatten(2).max(dim=2, keepdims=True)
        points = indices % size[1], indices // size[1]
        return torch.cat((*points, scores), dim=2)  # QL106
