import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.seq = nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU(), nn.Conv2d(3, 3, 1), nn.SiLU())
        self.n = 0

    def forward(self, x):
        x = self.q(x)
        it = iter(self.seq)
        x = next(it)(x)
        n = 0
        for m in it:
            n += 1
        if n == 4:
            x = x - x
        if n == 3:
            x = x + x  # QL101
        return self.d(x)
