import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x, y = x
        return self.a(x), y


class Mer(nn.Module):
    def forward(self, x):
        return x[0] + x[1]  # QL101


class SeqA(nn.Sequential):
    def forward(self, *args):
        for m in self:
            args = m(*args)
        return args


class TwoB(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 1)

    def forward(self, x, y):
        return self.a(x), x - y  # QL102


class SeqB(nn.Sequential):
    def forward(self, *inputs):
        for module in self._modules.values():
            if type(inputs) == tuple:
                inputs = module(*inputs)
            else:
                inputs = module(inputs)
        return inputs


class Add2(nn.Module):
    def forward(self, x, y):
        return x * y  # QL103


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.s = nn.Sequential(Two(), Two(), Mer())
        self.t = SeqA(TwoB(), TwoB())
        self.u = SeqB(TwoB(), Add2())

    def forward(self, x):
        x = self.q(x)
        a = self.s((x, x))
        b, c = self.t(a, x)
        d = self.u(b, c)
        return self.dq(d)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
