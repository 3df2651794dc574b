import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class A(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.conv = nn.Conv2d(3, 3, 1)
        if cfg.quantize:
            self.quant = QuantStub()
            self.dequant = DeQuantStub()
            self.ff = FloatFunctional()

    def forward(self, x):
        if self.cfg.quantize:
            x = self.quant(x)
        y = self.conv(x)
        y = self.ff.add(x, y) if self.cfg.quantize else x + y
        if self.cfg.quantize:
            y = self.dequant(y)
        return y * 2


class B(nn.Module):
    def __init__(self, q=False, use_skip=True):
        super().__init__()
        self.q = q
        self.use_skip = use_skip
        self.conv = nn.Conv2d(3, 3, 1)
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        if self.q:
            x = self.quant(x)
        y = self.conv(x)
        if self.use_skip:
            y = y + x  # QL101
        else:
            y = y * x  # QL103
        if not self.q:
            return y - 1
        return self.dequant(y) / 2


class C(nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        self.q = kwargs.get("q", False)
        self.conv = nn.Conv2d(3, 3, 1)
        if self.q:
            self.quant = QuantStub()
            self.dequant = DeQuantStub()

    def forward(self, x):
        if self.q:
            x = self.quant(x)
        y = self.conv(x)
        if not self.q:
            y = y + x
        if self.q:
            y = self.dequant(y)
        return y * 2


class D(nn.Module):
    def __init__(self, q: bool = False, dropout=0.1, act="relu"):
        super().__init__()
        self.is_q = bool(q)
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = nn.ReLU() if act == "relu" else nn.GELU()
        if self.is_q is True:
            self.quant = QuantStub()
            self.dequant = DeQuantStub()

    def forward(self, x):
        if self.is_q and x is not None:
            x = self.quant(x)
        y = self.act(self.conv(x))
        if self.is_q == False:
            y = y + x
        else:
            y = y * x  # QL103
        if self.is_q:
            y = self.dequant(y)
        return y * 2


class E(nn.Module):
    def __init__(self, mode="float"):
        super().__init__()
        self.mode = mode
        self.conv = nn.Conv2d(3, 3, 1)
        if mode == "quant":
            self.quant = QuantStub()
            self.dequant = DeQuantStub()

    def forward(self, x):
        if self.mode == "quant":
            x = self.quant(x)
        y = self.conv(x)
        if self.mode != "quant":
            y = y + x
        if self.mode == "quant":
            y = self.dequant(y)
        return y * 2


class F(nn.Module):
    def __init__(self, quant=None):
        super().__init__()
        self.quant = quant
        self.dequant = DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        if self.quant is not None:
            x = self.quant(x)
        y = self.conv(x)
        return y + x  # QL101


def build(args):
    return F(QuantStub() if args.q else None)


class G(nn.Module):
    def __init__(self, q=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.quant = QuantStub() if q else None
        self.dequant = DeQuantStub() if q else None

    def forward(self, x):
        if self.quant is not None:
            x = self.quant(x)
        y = self.conv(x)
        if self.quant is None:
            y = y + x
        if self.dequant is not None:
            y = self.dequant(y)
        return y * 2
