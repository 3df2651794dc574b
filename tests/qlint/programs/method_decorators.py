"""Decorators of methods: what the program's own wrappers do counts."""

import functools

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

REGISTRY = {}


def float_island(method):
    """Run a method on float tensors."""

    @functools.wraps(method)
    def wrapper(self, *args):
        return self.requant(method(self, *[self.dequant(each) for each in args]))

    return wrapper


def logged(message):
    def decorate(method):
        def wrapper(self, *args, **kwargs):
            print(message)
            return method(self, *args, **kwargs)

        return wrapper

    return decorate


def registered(function):
    REGISTRY[function.__name__] = function
    return function


def doubled(method):
    def wrapper(self, x):
        y = method(self, x)
        return y + y  # QL101

    return wrapper


@registered
def halve(x):
    return x / 2  # QL107


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant, self.requant = QuantStub(), DeQuantStub(), QuantStub()
        self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    @float_island
    def gate(self, x, y):
        return x * torch.softmax(y, dim=1)

    @logged("merging")
    def merge(self, x, y):
        return x - y  # QL102

    @doubled
    def twice(self, x):
        return self.a(x)

    @property
    @registered
    def scale(self):
        return 2

    @torch.no_grad()
    def forward(self, x):
        x = self.quant(x)
        x = self.gate(x, self.b(x))
        x = self.merge(self.twice(x), y=x)
        return self.dequant(halve(x)) * self.scale
