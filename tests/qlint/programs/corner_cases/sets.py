import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.same = len(set((3, 3, 3))) == 1
        self.best = max({"a": 1, "b": 0}, key={"a": 1, "b": 0}.get)
        it = iter([nn.SiLU(), nn.ReLU()])
        self.first = next(it)
        self.rest = nn.Sequential(*it)

    def forward(self, x):
        x = self.q(x)
        if self.same:
            x = x * x  # QL103
        else:
            x = x - x
        if self.best == "a":
            x = x / x  # QL104
        else:
            x = x + x
        x = self.rest(x)
        return self.d(x)
