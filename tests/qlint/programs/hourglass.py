import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, 1, 1)
        self.relu = nn.ReLU()
        self.need_skip = False

    def forward(self, x):
        if self.need_skip:
            residual = self.skip(x)
        else:
            residual = x
        out = self.conv(self.relu(x))
        out += residual  # QL101
        return out


class Hourglass(nn.Module):
    def __init__(self, n, f):
        super().__init__()
        self.up1 = Residual(f)
        self.pool1 = nn.MaxPool2d(2, 2)
        self.low1 = Residual(f)
        self.n = n
        if self.n > 1:
            self.low2 = Hourglass(n - 1, f)
        else:
            self.low2 = Residual(f)
        self.low3 = Residual(f)
        self.up2 = nn.Upsample(scale_factor=2, mode="nearest")

    def forward(self, x):
        up1 = self.up1(x)
        low3 = self.low3(self.low2(self.low1(self.pool1(x))))
        return up1 + self.up2(low3)  # QL101


class HG2(nn.Module):
    def __init__(self, c, depth):
        super().__init__()
        self.depth = depth
        self.hg = nn.ModuleList(
            [nn.ModuleList([Residual(c) for _ in range(4 if i == 0 else 3)]) for i in range(depth)]
        )

    def _hg(self, n, x):
        up1 = self.hg[n - 1][0](x)
        low1 = self.hg[n - 1][1](F.max_pool2d(x, 2, stride=2))
        if n > 1:
            low2 = self._hg(n - 1, low1)
        else:
            low2 = self.hg[n - 1][3](low1)
        low3 = self.hg[n - 1][2](low2)
        up2 = F.interpolate(low3, scale_factor=2)
        out = up1 + up2  # QL101
        return out

    def forward(self, x):
        return self._hg(self.depth, x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.pre = nn.Conv2d(3, 4, 3, 1, 1)
        self.h = Hourglass(3, 4)
        self.h2 = HG2(4, 2)
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.h2(self.h(self.pre(self.q(x)))))


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
