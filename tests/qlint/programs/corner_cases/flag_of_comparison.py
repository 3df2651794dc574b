import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self, quant):
        super().__init__()
        self.quant = quant
        if quant:
            self.q, self.d = QuantStub(), DeQuantStub()
            self.ff = nn.quantized.FloatFunctional()

    def forward(self, x):
        if self.quant:
            x = self.q(x)
        if self.quant:
            x = self.ff.add(x, x)
        else:
            x = x + x
        if self.quant:
            x = self.d(x)
        return x


def main(args):
    return Net(not args.fp32)
