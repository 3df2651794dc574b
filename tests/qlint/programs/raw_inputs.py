"""What a model hands to its QuantStub is float, and so are its dtype and all that is made of it."""

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.skip = FloatFunctional()
        self.register_buffer("mean", torch.zeros(3, 1, 1))

    def forward(self, x):
        h = self.conv(self.quant(x))
        a = self.skip.add(h, x)  # QL401
        b = torch.cat([x, h], 1)  # QL106
        c = h.to(x.dtype)  # QL108
        d = h.type(x.dtype)  # QL108
        dtype = x.dtype
        e = h.to(dtype=dtype)  # QL108
        f = h.to(self.mean.dtype)  # QL108
        g = h.type_as(x)  # QL108
        if x.dtype == torch.float16:
            h = h + 1
        i = h.to(h.dtype), h.to(x.device), self.dequant(h).to(x.dtype)
        return self.dequant(h) + x, a, b, c, d, e, f, g, i


class Guarded(nn.Module):
    """Either way, and what is done before is not known to be done with float tensors."""

    def __init__(self, quantize=True):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.skip, self.more = FloatFunctional(), FloatFunctional()
        self.quantize = quantize

    def forward(self, x, y):
        h = self.quant(x) if self.quantize else x
        x = self.quant(x)
        return self.dequant(self.skip.add(self.conv(h), self.more.add(x, y)))
