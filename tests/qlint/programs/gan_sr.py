import torch
from torch import nn
from torch.nn import functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


def make_layer(block, n_layers, **kwarg):
    layers = []
    for _ in range(n_layers):
        layers.append(block(**kwarg))
    return nn.Sequential(*layers)


class ResidualDenseBlock(nn.Module):
    def __init__(self, num_feat=8, num_grow_ch=4):
        super().__init__()
        self.conv1 = nn.Conv2d(num_feat, num_grow_ch, 3, 1, 1)
        self.conv2 = nn.Conv2d(num_feat + num_grow_ch, num_feat, 3, 1, 1)
        self.lrelu = nn.LeakyReLU(negative_slope=0.2, inplace=True)

    def forward(self, x):
        x1 = self.lrelu(self.conv1(x))
        x2 = self.conv2(torch.cat((x, x1), 1))  # QL106
        return x2 * 0.2 + x  # QL107, QL101


class RRDB(nn.Module):
    def __init__(self, num_feat=8):
        super().__init__()
        for i in (1, 2):
            self.add_module(f"rdb{i}", ResidualDenseBlock(num_feat))

    def forward(self, x):
        out = self.rdb1(x)
        out = self.rdb2(out)
        return out.mul(0.2).add(x)  # QL107, QL101


class RRDBNet(nn.Module):
    def __init__(self, scale=2):
        super().__init__()
        self.conv_first = nn.Conv2d(3, 8, 3, 1, 1)
        self.body = make_layer(RRDB, 2, num_feat=8)
        self.conv_body = nn.Conv2d(8, 8, 3, 1, 1)
        self.up = nn.Sequential(nn.Conv2d(8, 12, 3, 1, 1), nn.PixelShuffle(scale))
        self.conv_up = nn.Conv2d(8, 8, 3, 1, 1)
        self.lrelu = nn.LeakyReLU(0.2)
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        base = F.interpolate(x, scale_factor=2, mode="bilinear")
        feat = self.conv_first(self.quant(x))
        body_feat = self.conv_body(self.body(feat))
        feat = feat + body_feat  # QL101
        feat = self.lrelu(self.conv_up(feat))
        out = self.dequant(self.up(feat))
        return out + base


def make():
    return RRDBNet(), (torch.rand(1, 3, 8, 8),)
