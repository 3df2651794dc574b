import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import os

flags = []
for n in ("A", "B"):
    v = os.environ.get(n, "1" if n == "B" else "")
    flags.append(v)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.q = QuantStub() if flags[1] else nn.Identity()
        self.r = not flags[0]

    def forward(self, x):
        x = self.q(x)
        if not flags[0]:
            x = x + x  # QL101
        return self.d(x)
