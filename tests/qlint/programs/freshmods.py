import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


def act(x):
    return nn.ReLU()(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.convs = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(3)])
        act_cls = nn.ReLU
        self.seq = nn.Sequential(*[nn.Sequential(nn.Conv2d(3, 3, 1), act_cls()) for _ in range(3)])
        self.alias = self.convs[0]

    def block(self, x, conv):
        return conv(x)

    def forward(self, x):
        x = self.q(x)
        for c in self.convs:
            x = nn.ReLU(inplace=True)(self.block(x, c))
        x = act(x)
        x = act(x)
        for m in self.seq:
            x = m(x)
        return self.dq(x)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)


def tta(m, x):
    a = m(x) + m(x.flip(3))
    b = m(x)
    return (a + b) / 3
