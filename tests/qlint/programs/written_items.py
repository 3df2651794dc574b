"""Int8 tensors written into parts of others."""

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant_x = QuantStub()
        self.quant_y = QuantStub()
        self.dequant = DeQuantStub()
        self.add = FloatFunctional()

    def forward(self, x, y):
        x, y = self.quant_x(x), self.quant_y(y)
        x[:, 0] = y[:, 0]  # QL108
        x[0] = x[1]
        x[0] = 1.0
        x[1] = torch.zeros(4)
        x[0] += x[1]  # QL101
        x[x[:, 0] > 0] = y[:1]  # QL108
        x[x > 0] = 1.0
        out = torch.zeros(3, 4)
        out[0] = x[0]  # QL108
        out[0] = self.dequant(x)[0]
        out[:, 1] = out[:, 2]
        z = self.add.add(x, x)
        z[:, 0] = x[:, 0]  # QL108
        pieces = [x, y]
        pieces[0] = y
        named = {"x": x}
        named["y"] = y
        return self.dequant(z), out, pieces, named
