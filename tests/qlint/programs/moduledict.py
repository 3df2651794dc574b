import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class FPN(nn.Module):
    def __init__(self, levels=("c3", "c4")):
        super().__init__()
        self.lateral = nn.ModuleDict({k: nn.Conv2d(4, 4, 1) for k in levels})
        self.out = nn.ModuleDict()
        for k in levels:
            self.out[k] = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())
        self.levels = levels

    def forward(self, feats):
        lat = {k: self.lateral[k](v) for k, v in feats.items()}
        lat["c3"] = lat["c3"] + F.interpolate(lat["c4"], scale_factor=2, mode="nearest")  # QL101
        return {k: self.out[k](v) for k, v in lat.items()}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.b1 = nn.Conv2d(3, 4, 3, 2, 1)
        self.b2 = nn.Conv2d(4, 4, 3, 2, 1)
        self.fpn = FPN()
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        c3 = self.b1(x)
        feats = dict(c3=c3, c4=self.b2(c3))
        out = self.fpn(feats)
        res = []
        for name, f in out.items():
            f = self.dq(f)
            res.append(f.flatten(2) * 2)
        return torch.cat(res, -1)


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
