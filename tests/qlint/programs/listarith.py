import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.cs = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(3)])

    def pair(self, x):
        return [x, x]

    def forward(self, x):
        x = self.q(x)
        feats = []
        for c in self.cs:
            feats += [c(x)]
        feats = feats + [x]
        outs = (x,) * 2
        outs += (feats[0],)
        outs = outs + tuple(feats)
        nested = [self.pair(f) for f in feats]
        flat = sum(nested, [])
        flat2 = sum([(f,) for f in feats], ())
        reps = [x] * 3
        reps *= 2
        feats.extend(self.pair(x))
        d = {"a": x} | {"b": x}
        k = len(feats) + len(outs) * 2
        n = len(feats) / 2
        m = (x is None) + 1
        flag = isinstance(x, torch.Tensor) * 2
        name = "feat" + str(k)
        idx = list(range(len(feats))) + [0]
        import itertools

        ch = list(itertools.chain(*nested)) + [x]
        bs = bytes(2) + b"a"
        y = flat[0]
        shp = torch.tensor(x.shape) * 2
        return [self.dq(t) for t in flat], self.dq(y)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
