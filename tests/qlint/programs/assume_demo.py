"""A class that its own file only builds to show it off; others build it differently."""

import torch
from torch import nn


class Upscaler(nn.Module):
    def __init__(self, mode="shuffle"):
        super().__init__()
        self.mode = mode
        self.conv = nn.Conv2d(3, 3, 3)

    def forward(self, x):
        if self.mode == "shuffle":
            return self.conv(x) + 1.0  # QL107
        return self.conv(x) * 2.0  # QL107


class Denoiser(nn.Module):
    def __init__(self, mode="shuffle"):
        super().__init__()
        self.mode = mode
        self.conv = nn.Conv2d(3, 3, 3)

    def forward(self, x):
        if self.mode == "shuffle":
            return self.conv(x)
        return self.conv(x) * 2.0


def denoise():
    return Denoiser("shuffle")


if __name__ == "__main__":
    model = Upscaler("shuffle")
    print(model(torch.ones(1, 3, 8, 8)))
    print(Denoiser("shuffle"))
