"""Functions that are what their decorators make of them, and metaclasses with keywords."""

import functools

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


def in_float(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*[each.dequantize() for each in args])

    return wrapper


def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs) * 2  # QL107

    return wrapper


def logged(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print(function.__name__)
        return function(*args, **kwargs)

    return wrapper


class Counted:
    def __init__(self, function):
        self.function = function
        self.count = 0

    def __call__(self, *args):
        self.count += 1
        return self.function(*args) - 1  # QL107


@in_float
def add(x, y):
    return x + y


@doubled
def sigmoid(x):
    return torch.sigmoid(x)


@Counted
def tanh(x):
    return torch.tanh(x)


@logged
def make(kind):
    return {"a": nn.ReLU, "b": nn.SiLU}[kind]()


class Registry(type):
    classes = {}

    def __new__(cls, name, bases, namespace, key=None, **kwargs):
        made = super().__new__(cls, name, bases, namespace)
        if key is not None:
            cls.classes[key] = made
        return made


class First(metaclass=Registry, key="first"):
    def apply(self, x):
        return x


class Second(metaclass=Registry, key="second"):
    def apply(self, x):
        return x * 2  # QL107


class Fused(nn.Module):
    try:
        from fast_kernels import forward
    except ImportError:

        def forward(self, x, y):
            return x + y  # QL101


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.a, self.b = make("a"), make(kind="b")
        self.fused = Fused()
        self.first, self.second = Registry.classes["first"](), Registry.classes["second"]()

    def forward(self, x):
        x = self.conv(self.quant(x))
        x = self.a(x)
        x = self.b(x)  # QL109
        y = add(x, x) * 2
        x = tanh(sigmoid(x))
        x = self.fused(x, x)
        x = self.second.apply(self.first.apply(x))
        return self.dequant(x), y
