import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class ChannelGate(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.max_pool = nn.AdaptiveMaxPool2d(1)
        self.mlp = nn.Sequential(nn.Conv2d(c, c // 2, 1), nn.ReLU(), nn.Conv2d(c // 2, c, 1))
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        a = self.mlp(self.avg_pool(x))
        m = self.mlp(self.max_pool(x))  # QL109, QL203
        return self.sigmoid(a + m)  # QL101


class SpatialGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x):
        avg = torch.mean(x, dim=1, keepdim=True)
        mx, _ = torch.max(x, dim=1, keepdim=True)
        s = self.conv(torch.cat([avg, mx], 1))
        return torch.sigmoid(s) * x  # QL103


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 1)
        self.ca = ChannelGate(4)
        self.sa = SpatialGate()
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        x = self.c(self.q(x))
        x = self.ca(x) * x  # QL103
        x = self.sa(x)
        return self.dq(x)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
