import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub

try:
    import no_such_package

    FLOAT = True
except ImportError:
    FLOAT = False


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.q = nn.Identity() if FLOAT else QuantStub()

    def forward(self, x):
        x = self.q(x)
        if FLOAT:
            x = x + x
        return self.d(x)
