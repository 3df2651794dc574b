"""Heads of each level, picked by the number of the level, how many there are is not known."""

import torch
from torch import nn


class Head(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 8, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.conv(self.relu(x))


class RepeatingHead(Head):
    def forward(self, x):
        return self.relu(super().forward(x))  # QL202


class Detect(nn.Module):
    def __init__(self, channels=()):
        super().__init__()
        self.levels = len(channels)
        self.boxes = nn.ModuleList(
            nn.Sequential(nn.Conv2d(x, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1)) for x in channels
        )
        self.scores = nn.ModuleList(Head(x) for x in channels)
        self.masks = nn.ModuleList(RepeatingHead(x) for x in channels)

    def forward(self, x):
        boxes = [self.boxes[i](x[i]) for i in range(self.levels)]
        scores = []
        for i in range(self.levels):
            scores.append(self.scores[i](x[i]))
        masks = [self.masks[i](x[i]) for i in range(self.levels)]
        return boxes, scores, masks


class DetectDefault(nn.Module):
    def __init__(self, detect: Detect):
        super().__init__()
        self.detect = detect
        self.stem = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x = self.stem(x)
        x = self.stem(x)  # QL203
        return self.detect([x, x])
