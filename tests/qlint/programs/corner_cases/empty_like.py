import torch
from torch import nn
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        out = torch.empty_like(x)
        out[:, :1] = x[:, 1:2]
        out[:, 1:] = x[:, 1:]
        out = out * 2  # QL107
        return self.d(out)
