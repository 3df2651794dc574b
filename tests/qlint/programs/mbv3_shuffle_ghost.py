import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class h_sigmoid(nn.Module):
    def __init__(self, inplace=True):
        super().__init__()
        self.relu = nn.ReLU6(inplace=inplace)

    def forward(self, x):
        return self.relu(x + 3) / 6  # QL107, QL107


class h_swish(nn.Module):
    def __init__(self):
        super().__init__()
        self.sigmoid = h_sigmoid()

    def forward(self, x):
        return x * self.sigmoid(x)  # QL103


class SELayer(nn.Module):
    def __init__(self, c, r=2):
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(c, c // r), nn.ReLU(True), nn.Linear(c // r, c), nn.Sigmoid()
        )

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.avg_pool(x).view(b, c)
        y = self.fc(y).view(b, c, 1, 1)
        return x * y.expand_as(x)  # QL103


def channel_shuffle(x, groups):
    b, c, h, w = x.data.size()
    x = x.view(b, groups, c // groups, h, w)
    return torch.transpose(x, 1, 2).contiguous().view(b, -1, h, w)


class Shuffle(nn.Module):
    def __init__(self):
        super().__init__()
        self.branch2 = nn.Conv2d(2, 2, 1)

    def forward(self, x):
        x1, x2 = x.chunk(2, dim=1)
        out = torch.cat((x1, self.branch2(x2)), dim=1)  # QL106
        return channel_shuffle(out, 2)


class Ghost(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.Conv2d(4, 2, 1)
        self.c = nn.Conv2d(2, 2, 3, 1, 1)

    def forward(self, x):
        x1 = self.p(x)
        x2 = self.c(x1)
        out = torch.cat([x1, x2], dim=1)  # QL106
        return out[:, :4, :, :]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Conv2d(3, 4, 1), h_swish(), SELayer(4), Shuffle(), Ghost())
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.f(self.q(x)))


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
