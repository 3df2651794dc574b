import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from dataclasses import dataclass


@dataclass
class Cfg:
    kind: str
    n: int = 0


class P:
    __match_args__ = ("a",)

    def __init__(self, a):
        self.a = a


class Mode:
    ADD = "add"
    CAT = "cat"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.o = Cfg("res", 2)
        self.p = P(1)
        self.mode = "cat"

    def forward(self, x):
        x = self.q(x)
        match self.o:
            case Cfg("cat", _):
                x = x + x
            case Cfg("res"):
                pass
            case _:
                x = x * x
        match self.p:
            case P(2):
                x = x - x
        match self.mode:
            case Mode.ADD:
                x = x / x
            case Mode.CAT:
                pass
            case _:
                x = -x
        return self.d(x)
