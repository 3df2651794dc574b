import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import json

L = {"conv": nn.Conv2d, "act": nn.SiLU, "norm": nn.BatchNorm2d}
k = json.loads('["conv"]')


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.b = L[k[0]](3, 3, 1)

    def forward(self, x):
        x = self.q(x)
        x = self.b(x)
        return self.d(x)
