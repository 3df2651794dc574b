"""In-place forms, numbers written into int8 tensors, losses, and tensors made like float ones."""

import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.lowest = nn.Parameter(torch.zeros(1))
        self.highest = 6.0
        self.dequant = DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.other = nn.Conv2d(3, 3, 1)
        self.threshold = nn.Threshold(0.1, 0.0)
        self.threshold_in_place = nn.Threshold(0.1, 0.0, inplace=True)

    def forward(self, x, mask, labels):
        x = self.conv(self.quant(x))
        x.clamp_(0.0, 6.0)  # QL108
        x.sigmoid_()  # QL108
        torch.tanh_(x)  # QL108
        x = F.threshold(x, 0.1, 0.0, inplace=True)  # QL108
        x = self.threshold_in_place(x)  # QL109
        x = F.threshold(self.threshold(x.clamp(0.0, 6.0).sigmoid()), 0.1, 0.0)
        x = F.alpha_dropout(F.leaky_relu(F.hardtanh(x, inplace=True), inplace=True))
        x = F.alpha_dropout(x, 0.5, True)  # QL108

        x = torch.clamp(x, torch.zeros(1), torch.ones(1))  # QL108
        x = x.clamp(min=self.lowest)  # QL108
        x = torch.clamp(x, 0.0, max=self.highest)

        x[:, 0] = 0  # QL108
        x[..., :2] = 1.5  # QL108
        x[0, :, 1:] = 0  # QL108
        x[mask] = 0
        x[mask] = -math.inf  # QL108
        x[:] = 0
        x[1:] = 0
        x[0, 1] = 0
        y = self.other(x)
        y[:] = x
        y[...] = x
        y[0] = x[0]  # QL108

        x = x.masked_fill(mask, 0.0)
        x = x.masked_fill(mask, float("-inf"))  # QL108
        x.masked_fill_(mask, -1e9)  # QL108
        x = F.pad(x, (1, 1), value=-math.inf)  # QL108
        x = F.pad(x, (1, 1), value=-1.0)
        z = torch.zeros(2)
        z[:, 0] = -math.inf
        x = x.to(z.device).type_as(y)
        x = x.type_as(z)  # QL108
        x = x.to(z)  # QL108
        loss = F.cross_entropy(x, labels)  # QL108
        return loss + F.mse_loss(self.dequant(x), labels)
