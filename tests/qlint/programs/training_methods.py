"""Methods of a model that only training calls: nobody does once it is int8."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv, self.relu = nn.Conv2d(3, 3, 1), nn.ReLU()

    def encode(self, x):
        return self.relu(self.conv(self.quant(x)))

    def forward(self, x):
        return self.dequant(self.encode(x))

    def training_step(self, batch):
        a, b = batch
        return self.contrastive_loss(self.encode(a), self.encode(b))

    def contrastive_loss(self, a, b):
        return ((a - b) ** 2).sum()

    def embed(self, x):
        return self.encode(x) * 2  # QL107
