import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
from collections import namedtuple
from typing import NamedTuple
from dataclasses import dataclass
from types import SimpleNamespace

Out = namedtuple("Out", ["a", "b"])


class Feats(NamedTuple):
    hi: torch.Tensor
    lo: torch.Tensor


@dataclass
class DC:
    x: torch.Tensor
    skip: torch.Tensor = None


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(3))
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def iter_feats(self, x):
        for c in self.convs:
            x = c(x)  # QL203
            yield x

    def forward(self, x):
        x = self.q(x)
        feats = list(self.iter_feats(x))
        o = Out(feats[0], b=feats[1])
        y = o.a + o.b  # QL101
        f = Feats(hi=feats[1], lo=feats[2])
        y = y * f.hi  # QL103
        hi, lo = f
        y = y - lo  # QL102
        d = DC(y, skip=feats[0])
        y = d.x / d.skip  # QL104
        ns = SimpleNamespace(u=y)
        y = ns.u + x  # QL101
        for a in self.iter_feats(x):  # second run of the generator: reuse below
            y = y * a  # QL103
        st = {}
        st.setdefault("l", []).append(y)
        st.update(m=x)
        y = st["l"][0] + st.pop("m")  # QL101
        stack = [y]
        stack.append(x)
        stack.insert(0, y)
        stack.extend([x])
        t = stack.pop()
        y = y + t  # QL101
        return self.dq(y)


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
