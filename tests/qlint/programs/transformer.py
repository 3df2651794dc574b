import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import math


class Attn(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))
        self.h = h
        self.dh = d // h
        self.softmax = nn.Softmax(-1)

    def split(self, x):
        b, t, d = x.size()
        return x.view(b, t, self.h, d // self.h).transpose(1, 2)

    def forward(self, x, mask=None):
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        a = q @ k.transpose(-2, -1) / math.sqrt(self.dh)  # QL105, QL107
        if mask is not None:
            a = a.masked_fill(mask == 0, -1e9)
        a = self.softmax(a)  # QL109
        y = torch.matmul(a, v)  # QL105
        y = y.transpose(1, 2).contiguous().view(x.size(0), -1, self.h * self.dh)
        return self.o(y)


class Layer(nn.Module):
    def __init__(self, d=8, h=2):
        super().__init__()
        self.attn = Attn(d, h)
        self.ff = nn.Sequential(nn.Linear(d, d * 2), nn.ReLU(), nn.Linear(d * 2, d))
        self.n1, self.n2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, x):
        x = x + self.attn(self.n1(x))  # QL101
        x = x + self.ff(self.n2(x))  # QL101
        return x


class Net(nn.Module):
    def __init__(self, n=2):
        super().__init__()
        self.emb = nn.Embedding(10, 8)
        self.pos = nn.Parameter(torch.zeros(1, 5, 8))
        self.layers = nn.ModuleList([Layer() for _ in range(n)])
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, ids):
        x = self.emb(ids) + self.pos[:, : ids.size(1)]
        x = self.quant(x)
        for l in self.layers:
            x = l(x)
        return self.dequant(x).softmax(-1)


READY = False


def make():
    n = Net()
    return n, (torch.randint(0, 10, (1, 5)),)
