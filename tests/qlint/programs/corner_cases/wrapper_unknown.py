import functools, inspect, torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


def checked(fn):
    sig = inspect.signature(fn)

    @functools.wraps(fn)
    def w(x, **kw):
        given = sig.bind(x, **kw)
        return fn(*given.args, **given.kwargs)

    return w


def counted(fn):
    def w(x):
        w.calls += 1
        return w.fn(x)

    w.calls = 0
    w.fn = fn
    return w


@checked
def add(x, k=1):
    return x + x  # QL101


@counted
def mul(x):
    return x * x  # QL103


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        x = mul(add(x)) * 2  # QL107
        return self.d(x)
