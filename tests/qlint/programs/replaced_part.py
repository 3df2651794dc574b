import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


class QAdd(nn.Module):
    def __init__(self):
        super().__init__()
        self.ff = FloatFunctional()

    def forward(self, a, b):
        return self.ff.add(a, b)


class Block(nn.Module):
    def __init__(self, add=Add):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.add = add()
        self.relu = nn.ReLU6()

    def forward(self, x):
        return self.relu(self.add(self.c(x), x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.b = Block()
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 2))

    def forward(self, x):
        return self.dq(self.head(self.b(self.q(x))))


def make():
    m = Net()
    m.b.add = QAdd()
    m.b.relu = nn.ReLU()
    m.head[1] = nn.Linear(3 * 64, 4)
    return m, (torch.rand(1, 3, 8, 8),)
