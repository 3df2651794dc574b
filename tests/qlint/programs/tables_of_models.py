"""Whole models in a table, one of which a command line chooses."""

import argparse

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, get_default_qconfig, prepare


class ResNet(nn.Module):
    def __init__(self, depth=18):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, image):
        return self.conv(image) + image  # QL101


class MobileNet(nn.Module):
    def __init__(self, width_mult=1.0):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) * x  # QL103


class DiceLoss(nn.Module):
    def __init__(self, smooth=1.0):
        super().__init__()
        self.smooth = smooth

    def forward(self, pairs):
        return pairs + self.smooth


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0):
        super().__init__()
        self.gamma = gamma

    def forward(self, pairs):
        return pairs * self.gamma


class Wide(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 1)

    def forward(self, x):
        return self.conv(x) - x  # QL102


class Deep(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.conv = nn.Conv2d(depth, depth, 1)

    def forward(self, x):
        return self.conv(x)


ARCHS = {"resnet": ResNet, "mobilenet": MobileNet}
LOSSES = {"dice": DiceLoss, "focal": FocalLoss}


class Net(nn.Module):
    def __init__(self, backbone, loss):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.backbone = backbone
        self.loss = loss

    def forward(self, x):
        x = self.backbone(self.quant(x))
        return self.loss(self.dequant(x))


class Chosen(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.block = dict(wide=Wide, deep=Deep)[kind](8)

    def forward(self, x):
        return self.dequant(self.block(self.quant(x)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", choices=list(ARCHS))
    parser.add_argument("--loss", choices=list(LOSSES))
    args = parser.parse_args()
    model = Net(ARCHS[args.arch](), LOSSES[args.loss]()).eval()
    model.qconfig = get_default_qconfig("x86")
    prepare(model, inplace=True)
