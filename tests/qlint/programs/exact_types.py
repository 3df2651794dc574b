"""``type(x) is tuple``, ``type(self.conv) is nn.Conv2d``, numbers among others."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self, scale=1.0):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv, self.act = nn.Conv2d(3, 3, 1), nn.ReLU()
        self.scale = scale

    def head(self, x):
        if type(x) is tuple:
            return x[0] + 1  # QL107
        return x

    def body(self, x):
        if type(x) is tuple:
            return x[0] + 1
        return x

    def forward(self, x):
        x = self.quant(x)
        a = self.head((x, x))
        b = self.body(x)
        if type(self.conv) is nn.Conv2d:  # convert has put a class of its own there
            b = b + 1
        if type(self.act) == nn.ReLU:
            b = b * 2  # QL107
        if type(self.scale) is int:
            b = b + 1
        if self.scale not in (1, 2):
            b = b + 1
        if self.scale in (1, 2):
            b = b - 1  # QL107
        if type(self.conv).__name__ == "Conv2d":
            b = b - 2  # QL107
        return self.dequant(a), self.dequant(b)


net = Net()
