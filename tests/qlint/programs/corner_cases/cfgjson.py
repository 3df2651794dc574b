import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import json

cfg = json.loads('{"mode": "int8", "merge": "add", "quant": true, "plain": false}')


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.q = QuantStub() if cfg["mode"] == "int8" else nn.Identity()

    def forward(self, x):
        x = self.q(x)
        if cfg["merge"] == "add":
            x = x + x  # QL101
        if cfg["mode"] == "float":
            x = x * x
        return self.d(x)
