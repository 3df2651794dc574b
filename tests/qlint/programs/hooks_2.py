"""Hooks that change what modules get and return."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


def plus(module, inputs, output):
    return output + 1  # QL107


def look(module, inputs, output):
    print(output.shape)


def double(module, inputs):
    return (inputs[0] * 2,)  # QL107


def to_float(module, inputs, output):
    return output.dequantize()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.a, self.b, self.c = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.a.register_forward_hook(plus)
        self.a.register_forward_hook(look)
        self.b.register_forward_pre_hook(double)
        self.c.register_forward_hook(to_float)
        self.a.register_forward_hook(self.keep)
        self.kept = []

    def keep(self, module, inputs, output):
        self.kept.append(output - 1)  # QL107

    def forward(self, x):
        x = self.quant(x)
        a = self.a(x)
        a = a * a  # QL103
        c = self.c(self.b(x)) + 1
        return self.dequant(a), c


net = Net()
