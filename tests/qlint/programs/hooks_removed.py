"""Hooks that are gone when the model runs."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.handle = self.conv.register_forward_hook(lambda module, inputs, output: output + 1)
        self.handle.remove()

    def forward(self, x):
        return self.dequant(self.conv(self.quant(x)))


net = Net()
