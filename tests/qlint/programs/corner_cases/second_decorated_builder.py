import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from contextlib import contextmanager, ExitStack, nullcontext, suppress, ContextDecorator
import functools


def wrapd(fn):
    @functools.wraps(fn)
    def inner(c):
        return torch.ao.quantization.QuantWrapper(fn(c))

    return inner


class P(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class M(nn.Module):
    def forward(self, x):
        return x * x  # QL103


@wrapd
def plus(c):
    return P()


@wrapd
def mul(c):
    return M()
