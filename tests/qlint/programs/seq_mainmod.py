import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x):
        return self.fn(x) + x  # QL101


model = nn.Sequential(QuantStub(), Residual(nn.Conv2d(3, 3, 1)), DeQuantStub())
model.eval()
