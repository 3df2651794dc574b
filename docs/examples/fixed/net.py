from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub

from blocks import Branches, Residual


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.body = nn.Sequential(Residual(8), Branches(8))
        self.halve = FloatFunctional()
        self.head = nn.Linear(16, 10)
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.stem(self.quant(x))
        x = self.body(x)
        pixels = x.shape[-1] * x.shape[-2]
        x = self.halve.mul_scalar(x.mean((2, 3)), 0.5)
        return self.dequant(self.head(x)) / pixels
