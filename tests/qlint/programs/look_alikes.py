import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import math, numpy as np


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x = self.c(self.q(x))
        m = x.mean().item() + 1  # QL108
        f = float(x.max()) * 2
        i = int(x.shape[1] / 2) + math.sqrt(x.size(-1)) / 2
        a = np.array(x.shape) / 2
        sz = [s * 2 for s in x.shape[2:]]
        z = torch.rand(x.shape) * 2
        r = torch.rand(x.size(0), 1) + 1
        e = (x == x).sum() / 2
        nz = torch.equal(x, x) + 1
        t = x.dequantize()
        t = t * 2 + 1
        u = torch.dequantize(x) * 2
        ks = [k // 2 * 2 for k in (x.size(2), x.size(3))]
        pad = max(x.size(2) - 3, 0) * 2
        for h, w in [x.shape[-2:]]:
            area = h * w
        anchors = torch.cat([torch.zeros(1), torch.ones(1)]) * area
        pos = torch.linspace(0, 1, x.size(-1)).view(1, -1) * math.pi
        return self.dq(x), t, u


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
