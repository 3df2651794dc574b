import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class VGG(nn.Module):
    def __init__(self, cfg=(4, "M", 8), bn=True):
        super().__init__()
        self.features = self.make_layers(cfg, bn)
        self.extra = nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 1))
        self.s1 = nn.Sequential(*list(self.extra.children())[:2])

    @staticmethod
    def make_layers(cfg, bn):
        layers = []
        c = 3
        for v in cfg:
            if v == "M":
                layers += [nn.MaxPool2d(2, 2)]
            else:
                conv = nn.Conv2d(c, v, 3, padding=1)
                layers += (
                    [conv, nn.BatchNorm2d(v), nn.ReLU(inplace=True)]
                    if bn
                    else [conv, nn.ReLU(inplace=True)]
                )
                c = v
        return nn.Sequential(*layers)


class Net(nn.Module):
    def __init__(self, *, vgg=None):
        super().__init__()
        self.vgg = vgg or VGG()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.ff = nn.quantized.FloatFunctional()

    def forward(self, x):
        x = self.q(x)
        feats = []
        for k, m in self.vgg.features._modules.items():
            x = m(x)
            if isinstance(m, nn.ReLU):
                feats.append(x)
        y = self.vgg.s1(x)
        y2 = self.vgg.extra[:2](x)  # QL202, QL203
        y = y + y2  # QL101
        y = y - feats[-1]  # QL102
        z = self.get_submodule("vgg.extra")[-1](y)
        z = self.ff.mul(z, y)
        z = z @ z  # QL105
        return self.dq(z)


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
