"""Objects that are unpacked by their own ``__iter__``, and functions that count down."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Feature:
    def __init__(self, tensor, stride=1):
        self.tensor, self.stride = tensor, stride

    def __iter__(self):
        yield self.tensor
        yield self.stride


class Pair:
    def __init__(self, tensor):
        self.tensor = tensor

    def __iter__(self):
        return iter((self.tensor, self.tensor))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def again(self, x, times):
        if times == 0:
            return x
        return self.again(x, times - 1)

    def down(self, x, times):
        return x if times == 0 else self.down(x.detach(), times - 1)

    def forward(self, x):
        x = self.quant(x)
        t, s = Feature(x)
        a = t / 2  # QL107
        b = s / 2
        t, u = Pair(x)
        c = t * u  # QL103
        d = [each + 1 for each in Pair(x)]  # QL107
        e = self.again(x, 5) / 2  # QL107
        f = self.down(x, 6) * 2  # QL107
        g, _ = [*Feature(x)]
        g = g - 1  # QL107
        h = tuple(Pair(x))[1] + 3  # QL107
        return self.dequant(x), a, b, c, d, e, f, g, h
