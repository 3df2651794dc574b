import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional

try:
    import torch.ao.quantization as tq
    from torch.ao.nn.quantized import FloatFunctional as FF
except ImportError:
    import torch.quantization as tq
    from torch.nn.quantized import FloatFunctional as FF
if hasattr(torch, "compile"):
    Stub = tq.QuantStub
else:
    Stub = torch.quantization.QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = Stub()
        self.dq = tq.DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)
        self.ff = FF()

    def forward(self, x):
        x = self.q(x)
        y = self.ff.add(self.c(x), x)
        y = y - x  # QL102
        return self.dq(y)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
