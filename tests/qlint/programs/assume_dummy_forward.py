"""A constructor that runs the model: nothing is converted yet, so that it works on floats."""

import torch
import torch.nn.functional as F
from torch import nn


class Sized(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2))
        with torch.no_grad():
            probe = F.silu(self.features(torch.zeros(1, 3, 16, 16)))
            size = (probe * 2 + probe).flatten(1).shape[1]
        self.fc = nn.Linear(size, 10)

    def forward(self, x):
        x = self.features(x)
        return self.fc(F.silu(x).flatten(1))  # QL108


class SizedByItself(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.size = self(torch.zeros(1, 3, 4, 4)).shape

    def forward(self, x):
        return self.conv(x) + x  # QL101
