import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import functools


def auto_fp16(fn):
    @functools.wraps(fn)
    def wrapper(self, *args, **kwargs):
        return fn(self, *args, **kwargs)

    return wrapper


def force_fp32(apply_to=None):
    def deco(fn):
        @functools.wraps(fn)
        def new(*args, **kw):
            return fn(*args, **kw)

        return new

    return deco


class Neck(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(2)])

    @auto_fp16
    def forward(self, inputs):
        lats = [l(inputs[i]) for i, l in enumerate(self.l)]
        for i in range(len(lats) - 1, 0, -1):
            prev = lats[i - 1].shape[2:]
            lats[i - 1] += F.interpolate(lats[i], size=prev, mode="nearest")  # QL101
        return tuple(lats)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.neck = Neck()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.down = nn.MaxPool2d(2)
        self.ff = FloatFunctional()

    @force_fp32(apply_to=("x",))
    def loss(self, x):
        return self.dq(x).sum() + 1

    @torch.no_grad()
    def forward(self, x):
        x = self.q(x)
        a, b = self.neck([x, self.down(x)])
        c = self.down(a) * b  # QL103
        return self.loss(c)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
