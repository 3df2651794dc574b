import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))


def swap(m):
    if isinstance(m, Block) and m.c >= 32:
        m.act = nn.ReLU()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.b, self.a = Block(64), Block(16)

    def forward(self, x):
        x = self.q(x)
        x = self.b(x)
        return self.d(x)


net = Net()
net.apply(swap)
