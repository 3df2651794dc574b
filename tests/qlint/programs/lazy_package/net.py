from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

from . import Doubled
from .layers import *


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.doubled = Doubled()
        self.hidden = _Hidden()

    def forward(self, x):
        return self.dequant(self.hidden(self.doubled(self.quant(x))))
