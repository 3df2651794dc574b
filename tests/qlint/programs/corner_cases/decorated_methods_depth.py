import functools, torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


def auto_fp16(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return fn(*args, **kwargs)

    return wrapper


class Attn(nn.Module):
    @auto_fp16
    def forward(self, x):
        return x + x  # QL101


def level(name):
    class Level(nn.Module):
        def __init__(self, part):
            super().__init__()
            self.part = part

        @auto_fp16
        def forward(self, x):
            return self.part(x)

    return Level


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.b = level("stage")(level("block")(level("sub")(Attn())))

    def forward(self, x):
        return self.d(self.b(self.q(x)) * 2)  # QL107
