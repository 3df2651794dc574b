"""Parts that are there on a flag, complete in themselves: the rest is int8 either way."""

from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class FloatSiLU(nn.SiLU):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.dequant, self.quant = DeQuantStub(), QuantStub()

    def forward(self, input):
        return self.quant(super().forward(self.dequant(input)))


class Excite(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.gate, self.mul = nn.Conv2d(3, 3, 1), nn.Sigmoid(), FloatFunctional()

    def forward(self, x):
        return self.mul.mul(x, self.gate(self.conv(x)))


class Raw(nn.Module):
    def forward(self, x):
        return x * 2  # QL107


class Net(nn.Module):
    def __init__(self, excite=False, smooth=True, own=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.excite = Excite() if excite else None
        self.act = FloatSiLU() if smooth else nn.ReLU()
        self.own = own
        if own:
            self.add = FloatFunctional()
        self.raw = Raw()

    def forward(self, x):
        y = self.conv(x)
        if self.excite is not None:
            y = self.excite(y)
        y = self.act(y)
        return self.raw(y) + y  # QL101
