"""Methods that layers have no more when prepare has replaced them, and parameters that are methods
then.
"""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.lstm, self.float_lstm = nn.LSTM(3, 3), nn.LSTM(3, 3)
        self.gru = nn.GRU(3, 3)
        self.float_lstm.qconfig = None

    def forward(self, x):
        self.gru.flatten_parameters()
        self.float_lstm.flatten_parameters()
        self.lstm.flatten_parameters()  # QL108
        x, _ = self.lstm(self.quant(x))
        return self.dequant(x)


class Guarded(Recurrent):
    def forward(self, x):
        x = self.quant(x)
        if hasattr(self.lstm, "flatten_parameters"):
            self.lstm.flatten_parameters()
        return self.dequant(self.lstm(x)[0])


class OfFloats(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 3)

    def forward(self, x):
        self.lstm.flatten_parameters()
        return self.lstm(x)[0]


class WithoutBias(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1, bias=False)
        self.norm = nn.BatchNorm2d(3, affine=False)
        self.island = nn.Conv2d(3, 3, 1, bias=False)
        self.island.qconfig = None

    def forward(self, x):
        y = self.quant(x)
        if self.conv.bias is not None:
            y = y + y  # QL101
        if self.norm.bias is not None:
            y = y + y
        if self.island.bias is not None:
            y = y + y
        return self.dequant(self.conv(y))
