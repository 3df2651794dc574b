"""A detector whose activations are replaced by recursion."""

"""A small detector with necks, heads in a ModuleDict, and a helper that replaces activations."""
import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class ConvAct(nn.Sequential):
    def __init__(self, cin, cout, k=3, s=1, act=nn.SiLU):
        super().__init__(nn.Conv2d(cin, cout, k, s, k // 2, bias=False), nn.BatchNorm2d(cout), act())


class Bottleneck(nn.Module):
    def __init__(self, c, shortcut=True):
        super().__init__()
        self.cv1 = ConvAct(c, c, 1)
        self.cv2 = ConvAct(c, c, 3)
        self.add = FloatFunctional() if shortcut else None

    def forward(self, x):
        y = self.cv2(self.cv1(x))
        return self.add.add(x, y) if self.add is not None else y


class C3(nn.Module):
    def __init__(self, c, n):
        super().__init__()
        self.m = nn.Sequential(*(Bottleneck(c, i % 2 == 0) for i in range(n)))
        self.cv = ConvAct(2 * c, c, 1)
        self.cat = FloatFunctional()

    def forward(self, x):
        return self.cv(self.cat.cat([self.m(x), x], 1))


def replace_act(module):
    for name, child in module.named_children():
        if isinstance(child, (nn.SiLU, nn.Hardswish)):
            setattr(module, name, nn.ReLU())
        else:
            replace_act(child)


class Detector(nn.Module):
    def __init__(self, nc=4):
        super().__init__()
        self.quant = QuantStub()
        self.stem = ConvAct(3, 8, 3, 2)
        self.stages = nn.ModuleList([C3(8, 2), C3(8, 1)])
        self.heads = nn.ModuleDict({"cls": nn.Conv2d(8, nc, 1), "box": nn.Conv2d(8, 4, 1)})
        self.dequant = nn.ModuleDict({k: DeQuantStub() for k in self.heads})
        replace_act(self)

    def forward(self, x):
        x = self.stem(self.quant(x))
        feats = []
        for stage in self.stages:
            x = stage(x)
            feats.append(x)
        out = {}
        for name, head in self.heads.items():
            out[name] = self.dequant[name](head(feats[-1]))
        out["box"] = out["box"].exp() * 2.0
        return out["cls"].softmax(1), out["box"]
