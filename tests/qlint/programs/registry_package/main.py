import torch
from timmlike import create_model


def make():
    return create_model("eca_tiny"), (torch.rand(1, 3, 8, 8),)
