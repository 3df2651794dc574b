import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self, n, keys, cfg):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.n = n
        self.keys = keys
        self.convs = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(n)])
        self.bns = nn.ModuleList()
        for i in range(n):
            self.bns.append(nn.BatchNorm2d(3))
        self.acts = nn.ModuleList([nn.ReLU() for _ in range(n)])
        self.heads = nn.ModuleDict({k: nn.Conv2d(3, 3, 1) for k in keys})
        for i in range(n):
            setattr(self, f"up{i}", nn.Conv2d(3, 3, 1))
            self.add_module("act%d" % i, nn.ReLU())
        self.stages = nn.ModuleList()
        for c in cfg["stages"]:
            self.stages.append(nn.ModuleDict({"conv": nn.Conv2d(3, 3, 1), "act": nn.ReLU()}))
        self.num_layers = len(cfg["stages"])
        self.ffs = nn.ModuleList([FloatFunctional() for _ in range(n)])

    def forward(self, x):
        x = self.q(x)
        for i in range(self.n):
            x = self.acts[i](self.bns[i](self.convs[i](x)))
        for i in range(self.n):
            up = getattr(self, f"up{i}")
            act = getattr(self, "act%d" % i)
            x = self.ffs[i].add(act(up(x)), x)
        for j in range(self.num_layers):
            st = self.stages[j]
            x = st["act"](st["conv"](x))
        outs = []
        for k in self.keys:
            outs.append(self.dq(self.heads[k](x)))
        i = 0
        return outs


def make():
    return Net(3, ["a", "b"], {"stages": [1, 2]}), (torch.rand(1, 3, 8, 8),)
