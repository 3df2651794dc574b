import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import functools


def float_op(f):
    @functools.wraps(f)
    def w(x, *a):
        return f(x.dequantize() if x.is_quantized else x, *a)

    return w


@float_op
def head(x):
    return x.softmax(1) * 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        return head(x)
