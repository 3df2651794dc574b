import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from dataclasses import dataclass


@dataclass
class Out(dict):
    a: torch.Tensor = None
    b: torch.Tensor = None

    def __post_init__(self):
        for k in ("a", "b"):
            if getattr(self, k) is not None:
                self[k] = getattr(self, k)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        o = Out(a=None, b=x)
        y = list(o.values())[0]
        if "a" in o:
            x = x * x
        y = y + y  # QL101
        return self.d(x)
