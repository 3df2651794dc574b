import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Block(nn.Module):
    def __init__(self, q=True):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.q = q
        self.ff = FloatFunctional()

    def add(self, a, b):
        return self.ff.add(a, b) if self.q else a + b

    def forward(self, x):
        return self.add(self.c(x), x)


def set_quant(model, flag):
    for m in model.modules():
        if isinstance(m, Block):
            m.q = flag


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = Block(q=False)
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        return self.dequant(self.b(self.quant(x)))


def make():
    m = Net()
    set_quant(m, True)
    return m, (torch.rand(1, 3, 8, 8),)
