import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        if self.training:
            self.opt = nn.SiLU()

    def forward(self, x):
        x = self.q(x)
        if hasattr(self, "opt"):
            x = self.opt(x)  # QL109
        return self.d(x)
