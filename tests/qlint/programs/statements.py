import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import contextlib, copy


def helper(x, *, fn=None, **kw):
    if fn is None:
        fn = lambda t: t
    return fn(x)


class Net(nn.Module):
    skip: bool = True

    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)
        self.cs = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(6)])
        self.cache = {}

    def forward(self, x):
        try:
            x = self.q(x)
        except RuntimeError as e:
            raise ValueError("bad") from e
        finally:
            pass
        with torch.autocast("cpu", enabled=False), contextlib.nullcontext() as ctx:
            y = self.c(x)
            y -= x  # QL102
        while y.shape[-1] > 4:
            y = F.max_pool2d(y, 2)
        x = F.adaptive_avg_pool2d(x, y.shape[-2:])
        feats = [c(y) for c in self.cs]
        a, (b, c), *d = feats[0], (feats[1], feats[2]), feats[3], feats[4], feats[5]
        y = a * b if self.skip else a  # QL103
        y = y if not self.skip else y + c  # QL101
        y += d[0]  # QL101
        y *= d[-1]  # QL103
        y = helper(y, fn=lambda t: t / d[1])  # QL104
        for i, (u, v) in enumerate(zip(feats, reversed(feats))):
            if i > 1:
                break
            y = y + (u @ v)  # QL101, QL105
        feats[0] += y  # QL101
        self.cache["y"] = y
        self.last = self.cache["y"] - feats[-1]  # QL102
        out = {**{"o": self.last}, "p": y}
        r = out["o"] + out["p"]  # QL101

        def inner():
            nonlocal r
            r = r * 2  # QL107

        inner()
        s = (lambda q: q + 1)(r)  # QL107
        del r
        assert isinstance(s, torch.Tensor), "x" + "y"
        print(f"{s.shape[0] * 2}")
        return self.dq(s)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
