import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        op = "nre"
        self.a = {"re": nn.ReLU, "sw": nn.SiLU}[op[1:]]()
        self.l = nn.ModuleList([nn.SiLU() if c == "S" else nn.ReLU() for c in "RRRRRRRRS"])

    def forward(self, x):
        x = self.q(x)
        x = self.a(x)
        if "conv"[0] != "c":
            x = x + x
        for l in self.l:
            x = l(x)  # QL109
        return self.d(x)
