import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return self.fn(x) + x  # QL101


def build(dim):
    m = nn.Sequential(QuantStub(), Residual(nn.Conv2d(dim, dim, 1)), DeQuantStub())
    m.qconfig = torch.ao.quantization.get_default_qconfig()
    return torch.ao.quantization.prepare(m)


def main(loader):
    m = build(3)
    for x, y in loader:
        m(x)
