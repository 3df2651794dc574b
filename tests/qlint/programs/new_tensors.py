"""Tensors made like another, and casts with a device in front."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        mask = x.new_ones((2, 2), dtype=torch.bool)
        count = x.new_zeros(2, dtype=torch.long)
        a = x.new_full((2,), 1.0, dtype=torch.float32)
        b = x.new_zeros(2)  # QL108
        c = x.to(x.device)
        d = x.to("cpu", torch.float32)  # QL108
        e = x.to(x.device, torch.float)  # QL108
        f = torch.cov(x.flatten(1))  # QL108
        g = torch.histc(x)  # QL108
        h = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", antialias=True)  # QL108
        i = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", antialias=False)
        j = torch.clamp(input=x, min=0.0, max=1.0)
        k = torch.clamp(input=x, min=self.dequant(x))  # QL108
        return mask, count, a, b, self.dequant(c), d, e, f, g, h, self.dequant(i), self.dequant(j), k


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv, self.fc = nn.Conv2d(3, 3, 1), nn.Linear(192, 2)

    def forward(self, x):
        x = self.conv(self.quant(x))
        return self.dequant(self.fc(x.view(size=(x.size(0), -1))))  # QL108
