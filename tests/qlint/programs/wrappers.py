import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import torch.ao.quantization as tq


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) + x  # QL101


class Body2(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) * x  # QL103


class Body3(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x) - x  # QL102


class QW(nn.Module):
    def __init__(self, model_fp32):
        super(QW, self).__init__()
        self.quant = tq.QuantStub()
        self.dequant = tq.DeQuantStub()
        self.model_fp32 = model_fp32

    def forward(self, x):
        x = self.quant(x)
        x = self.model_fp32(x)
        x = self.dequant(x)
        return x


class All(nn.Module):
    def __init__(self, a, b, c):
        super().__init__()
        self.a = a
        self.b = b
        self.c = c

    def forward(self, x):
        return self.a(x) + self.b(x) + self.c(x)


def make():
    m = tq.QuantWrapper(Body())
    m2 = QW(model_fp32=Body2())
    m3 = nn.Sequential(tq.QuantStub(), Body3(), tq.DeQuantStub())
    return All(m, m2, m3), (torch.rand(1, 3, 16, 16),)
