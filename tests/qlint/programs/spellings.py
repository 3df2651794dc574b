import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import operator
from functools import reduce
from operator import add
from torch import cat, relu

act_map = {"relu": F.relu, "gelu": F.gelu}


def _get_activation_fn(activation):
    if activation == "relu":
        return F.relu
    if activation == "gelu":
        return F.gelu
    raise RuntimeError(activation)


class Net(nn.Module):
    def __init__(self, act=F.relu):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.a = nn.Conv2d(3, 3, 1)
        self.b = nn.Conv2d(3, 3, 1)
        self.c = nn.Conv2d(3, 3, 1)
        self.act = act
        self.act2 = _get_activation_fn("relu")
        self.act3 = getattr(F, "relu")
        self.act4 = act_map["relu"]
        self.act5 = torch.relu
        self.op = operator.mul

    def forward(self, x):
        x = self.q(x)
        a, b, c = self.a(x), self.b(x), self.c(x)
        y = a + b + c  # QL101, QL101
        y = reduce(operator.add, [y, a, b])  # QL101
        y = reduce(lambda p, r: p - r, (y, a))  # QL102
        y = add(y, a)  # QL101
        y = self.op(y, a)  # QL103
        y = torch.add(input=y, other=b)  # QL101
        y = torch.Tensor.add(y, b)  # QL101
        y = y.__add__(b)  # QL101
        y = sum(m for m in (y, a))  # QL101
        z = cat(tensors=[y, a], dim=1)  # QL106
        y = torch.cat([t for t in [y, b]], 1)  # QL106
        y = torch.chunk(y, 2, 1)[0]
        y = self.act(y)  # QL201
        y = self.act2(y)  # QL201
        y = self.act3(y)  # QL201
        y = self.act4(y)  # QL201
        y = self.act5(y)  # QL201
        y = relu(y)  # QL201
        y = F.relu_(y)  # QL201
        y = nn.ReLU()(y)
        y = torch.bmm(y[0], y[0].transpose(1, 2))  # QL105
        return self.dq(y), self.dq(z)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
