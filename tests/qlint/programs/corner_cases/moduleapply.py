import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


def swap(m):
    for n, c in m.named_children():
        if isinstance(c, nn.SiLU):
            setattr(m, n, nn.ReLU())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.a = nn.SiLU()

    def forward(self, x):
        x = self.q(x)
        x = self.a(x)
        return self.d(x)


net = Net()
nn.Module.apply(net, swap)
