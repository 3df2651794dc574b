import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class ConvBNReLU(nn.Sequential):
    def __init__(self, i, o, k=3, s=1, g=1):
        super().__init__(
            nn.Conv2d(i, o, k, s, (k - 1) // 2, groups=g, bias=False),
            nn.BatchNorm2d(o),
            nn.ReLU(inplace=False),
        )


class InvertedResidual(nn.Module):
    def __init__(self, inp, oup, stride, t):
        super().__init__()
        hidden = int(round(inp * t))
        self.use_res_connect = stride == 1 and inp == oup
        layers = []
        if t != 1:
            layers.append(ConvBNReLU(inp, hidden, 1))
        layers.extend(
            [
                ConvBNReLU(hidden, hidden, s=stride, g=hidden),
                nn.Conv2d(hidden, oup, 1),
                nn.BatchNorm2d(oup),
            ]
        )
        self.conv = nn.Sequential(*layers)
        self.skip_add = FloatFunctional()

    def forward(self, x):
        if self.use_res_connect:
            return self.skip_add.add(x, self.conv(x))
        else:
            return self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, width_mult=1.0):
        super().__init__()
        feats = [ConvBNReLU(3, 8, s=2)]
        c = 8
        for t, o, n, s in [[1, 8, 1, 1], [2, 12, 2, 2]]:
            for i in range(n):
                feats.append(InvertedResidual(c, int(o * width_mult), s if i == 0 else 1, t))
                c = o
        self.features = nn.Sequential(*feats)
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(c, 5))

    def forward(self, x):
        x = self.quant(x)
        x = self.features(x)
        x = x.mean([2, 3])
        x = self.classifier(x)
        return self.dequant(x)


def make():
    return MobileNetV2(), (torch.rand(1, 3, 16, 16),)
