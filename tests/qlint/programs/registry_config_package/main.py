import torch
from models import Detector

cfg = dict(
    backbone=dict(type="ResNet", depth=18),
    neck=dict(type="FPN", in_channels=[4, 4], out_channels=4),
)


def make():
    return Detector(**cfg), (torch.rand(1, 3, 16, 16),)
