import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
import os

MODE = os.environ.get("MODE", "int8")
BITS = int(os.environ.get("BITS", "8"))
Q = int(os.environ.get("Q", "1"))
cfg = {"a": {"b": {"q": os.environ.get("Q", "1") == "1"}}}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.q = QuantStub() if MODE == "int8" else nn.Identity()
        self.q2 = QuantStub() if cfg["a"]["b"]["q"] else nn.Identity()
        self.q3 = QuantStub() if Q else nn.Identity()
        self.e, self.f = DeQuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        if MODE in ("float", "half"):
            x = x + x
        x = self.q2(self.e(x))
        if not cfg["a"]["b"]["q"]:
            x = x - x
        x = self.q3(self.f(x))
        if Q == 0:
            x = x / x
        return self.d(x)
