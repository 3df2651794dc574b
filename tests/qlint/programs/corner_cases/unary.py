import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import os

K = int(os.environ.get("K", "1"))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.k = K

    def forward(self, x):
        x = self.q(x)
        if self.k == 1:
            if -self.k == -1:
                x = x + x  # QL101
            if abs(self.k) == 1 and self.k != 2:
                x = x * x  # QL103
        return self.d(x)
