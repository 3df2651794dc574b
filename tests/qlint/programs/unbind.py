import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        x = self.c(self.q(x))
        a, b, c = x.unbind(1)
        y = torch.stack((a, b, c), dim=1)
        x = x.to(x.device)
        y = torch.stack((x, x), dim=1)
        x = x.contiguous(memory_format=torch.contiguous_format)
        y = torch.stack((x, x), dim=1)
        x = x.detach()
        y = torch.stack((x, x), dim=1)
        x = x.clone()
        y = torch.stack((x, x), dim=1)
        return self.dq(y)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
