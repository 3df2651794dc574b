import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class TDNN(nn.Module):
    def __init__(self, i, o, ctx=3, dil=1):
        super().__init__()
        self.kernel = nn.Conv1d(i, o, ctx, dilation=dil, padding=dil * (ctx - 1) // 2)
        self.nl = nn.ReLU()
        self.bn = nn.BatchNorm1d(o)

    def forward(self, x):
        return self.bn(self.nl(self.kernel(x)))  # QL109


class Res2(nn.Module):
    def __init__(self, c=8, scale=4):
        super().__init__()
        self.w = c // scale
        self.nums = scale - 1
        self.convs = nn.ModuleList(
            [nn.Conv1d(self.w, self.w, 3, padding=1) for _ in range(self.nums)]
        )
        self.relu = nn.ReLU()

    def forward(self, x):
        spx = torch.split(x, self.w, 1)
        for i in range(self.nums):
            if i == 0:
                sp = spx[i]
            else:
                sp = sp + spx[i]  # QL101
            sp = self.convs[i](sp)
            sp = self.relu(sp)  # QL202
            if i == 0:
                out = sp
            else:
                out = torch.cat((out, sp), 1)  # QL106
        out = torch.cat((out, spx[self.nums]), 1)  # QL106
        return out


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = TDNN(4, 8)
        self.r = Res2()
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        x = self.r(self.l(self.q(x)))
        x = self.dq(x)
        mu = x.mean(-1)
        sd = torch.sqrt(((x - mu.unsqueeze(-1)) ** 2).mean(-1) + 1e-5)
        return torch.cat((mu, sd), 1)


def make():
    return Net(), (torch.rand(1, 4, 16),)
