"""FloatFunctionals and LSTMs that get float tensors, or numbers, beside int8 ones."""

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant, self.other = QuantStub(), DeQuantStub(), QuantStub()
        self.a, self.b, self.c, self.d = (FloatFunctional() for _ in range(4))
        self.e, self.f, self.g, self.h = (FloatFunctional() for _ in range(4))
        self.left = FloatFunctional()
        self.left.qconfig = None
        self.weight = nn.Parameter(torch.ones(3))
        self.rnn, self.again, self.third = nn.LSTM(3, 3), nn.LSTM(3, 3), nn.LSTM(3, 3)

    def forward(self, x):
        q = self.quant(x)
        y = self.a.mul(q, self.weight)  # QL401
        y = self.b.add(self.dequant(q), y)  # QL401
        y = self.c.cat([y, torch.zeros(1, 3)], 1)  # QL401
        y = self.d.add(y, 1.0)  # QL108
        y = self.e.add_scalar(y, 1.0)
        y = self.f.mul(y, self.other(self.weight))
        y = self.g.mul_scalar(y, 2)
        y = self.h.mul(2.0, y)  # QL108
        h = torch.zeros(1, 1, 3)
        y, _ = self.rnn(y, (h, h))  # QL401
        y, state = self.again(y)
        y, _ = self.third(y, state)
        z = self.left.add(self.dequant(y), self.weight)
        return self.dequant(y), z
