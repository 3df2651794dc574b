"""Steps of quantization in methods that nothing in the program calls."""

import unittest

import torchao
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, prepare
from torch.ao.quantization.quantize_fx import prepare_fx


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.linear = nn.Linear(4, 4)


class ByTrainer(Base):
    def forward(self, x):
        x = self.quant(x)
        return self.dequant(x + self.linear(x))


class ByTest(Base):
    def forward(self, x):
        x = self.quant(x)
        return self.dequant(x + self.linear(x))


class ByTorchao(Base):
    def forward(self, x):
        x = self.quant(x)
        return self.dequant(x + self.linear(x))


class BaseOfGraph(Base):
    """Whoever else uses it may well quantize it eagerly."""

    def forward(self, x):
        x = self.quant(x)
        return self.dequant(x + self.linear(x))  # QL101


class Graph(BaseOfGraph):
    def forward(self, x):
        return super().forward(x) + x


class Global(Base):
    def forward(self, x):
        x = self.quant(x)
        return self.dequant(x + self.linear(x))


class Eager(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.linear(x)  # QL101


class Never(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return x + self.linear(x)


class Trainer:
    def __init__(self, name="eager"):
        self.name = name
        self.model = ByTrainer()

    def run(self):
        return prepare_fx(self.model, None, None)

    def run_eager(self):
        return prepare(Eager())

    @staticmethod
    def show():
        return prepare.__doc__, Never()


class TestIt(unittest.TestCase):
    def setUp(self):
        self.model = ByTest().eval()

    def test_a(self):
        prepare_fx(self.model, None, None)


def run():
    return prepare_fx(NET, None, None)


NET = Global()
torchao.quantize_(ByTorchao(), None)
prepare_fx(Graph(), None, None)
