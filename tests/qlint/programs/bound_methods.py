"""Methods that are bound before convert puts another module in the place of their own."""

from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.functional = FloatFunctional()
        self.combine = self.functional.add
        self.other = FloatFunctional()
        self.conv, self.after = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.layer = self.conv.forward
        self.block = Block()
        self.run = self.block.forward

    def forward(self, x):
        x = self.quant(x)
        y = self.combine(x, x)  # QL109
        y = self.layer(y)  # QL109
        add = self.other.add
        y = add(y, x)
        y = self.run(y)
        return self.dequant(self.after(y))
