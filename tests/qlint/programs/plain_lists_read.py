"""Plain lists of layers that a forward pass only asks something; what it calls is registered."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class LenRead(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.blocks = [nn.Conv2d(3, 3, 1) for _ in range(3)]
        self.seq = nn.Sequential(*self.blocks)

    def forward(self, x):
        x = self.quant(x)
        for i in range(len(self.blocks)):
            x = self.seq[i](x)
        return self.dequant(x)


class Enumerated(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.layer_list = [nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)]
        self.layers = nn.ModuleList(self.layer_list)

    def forward(self, x):
        x = self.quant(x)
        n = len(self.layer_list)
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i == n - 1:
                break
        return self.dequant(x)


class Taps(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.taps = (self.b,)

    def forward(self, x):
        x, outs = self.quant(x), []
        for m in (self.a, self.b):
            x = m(x)
            if m in self.taps:
                outs.append(self.dequant(x))
        return self.dequant(x), outs
