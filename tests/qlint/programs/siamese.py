import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


def xcorr_depthwise(x, kernel):
    batch, channel = kernel.size(0), kernel.size(1)
    x = x.view(1, batch * channel, x.size(2), x.size(3))
    kernel = kernel.view(batch * channel, 1, kernel.size(2), kernel.size(3))
    out = F.conv2d(x, kernel, groups=batch * channel)
    return out.view(batch, channel, out.size(2), out.size(3))


class Backbone(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3)
        self.c2 = nn.Conv2d(8, 8, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.c2(self.relu(self.c1(x)))


class SiamNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Backbone()
        self.qz, self.qx = QuantStub(), QuantStub()
        self.dq = DeQuantStub()
        self.cls = nn.Conv2d(8, 2, 1)

    def template(self, z):
        self.zf = self.backbone(self.qz(z))

    def track(self, x):
        xf = self.backbone(self.qx(x))  # QL203
        return xcorr_depthwise(self.dq(xf), self.dq(self.zf))

    def forward(self, z, x):
        self.template(z)
        score = self.track(x)
        return score * 0.1 + 1


def make():
    return SiamNet(), (torch.rand(1, 3, 12, 12), torch.rand(1, 3, 24, 24))
