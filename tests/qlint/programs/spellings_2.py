import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
from torch.utils.checkpoint import checkpoint_sequential
from functools import partial, partialmethod, lru_cache


class Blk(nn.Module):
    def __init__(self, fn=None):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.fn = fn or (lambda a, b: a * b)  # QL103

    def forward(self, x):
        return self.fn(self.c(x), x)  # QL102


class Base(nn.Module):
    merge = staticmethod(torch.add)

    def op(self, a, b, kind):
        return a + b if kind == "add" else a - b  # QL102

    sub = partialmethod(op, kind="sub")


class Net(Base):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.s = nn.Sequential(nn.Conv2d(3, 3, 1))
        self.s.append(nn.ReLU())
        self.s.insert(0, nn.Conv2d(3, 3, 1))
        self.s.extend([Blk()])
        self.s += nn.Sequential(Blk(torch.sub))
        self.comp = torch.compile(Blk(partial(torch.mul)), disable=True)
        self.t = nn.Sequential(nn.Conv2d(3, 3, 1), Blk())
        self.feats = []
        self.x2 = None

    @lru_cache(None)
    def n(self, k):
        return k * 2 + 1

    def _set(self, x):
        self.x2 = self.s(x)

    def forward(self, x):
        x = self.q(x)
        self._set(x)
        y = self.x2 + x  # QL101
        y = self.sub(y, x)
        y = self.merge(y, x)  # QL101
        y = checkpoint_sequential(self.t, 2, y) if self.training else self.t(y)
        z = y[:, 0] * 2  # QL107
        y[:, 0] += z  # QL101
        y = torch.where(y > 0, y, y) if False else y
        y = F.relu(input=y, inplace=True)  # QL201
        w = y.view(-1).dot(y.view(-1)) if False else y
        (p,) = [y]
        (a, b), c = (p, x), x
        v = [i + j for i, j in zip((a, b), (b, c))]  # QL101
        m = {k: t * t for k, t in enumerate(v)}  # QL103
        r = max(m) + len(m) * self.n(2)
        o = (
            m[0]  # QL101
            + m[1]
        )
        return self.dq(o)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
