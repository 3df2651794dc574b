import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import types


class Rep(nn.Module):
    def __init__(self, deploy=False):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 3, 1, 1)
        self.b = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
        self.forward = self.forward_deploy if deploy else self.forward_train

    def forward_train(self, x):
        return self.relu(self.a(x) + self.b(x))  # QL101

    def forward_deploy(self, x):
        return self.relu(self.a(x))


class Rep2(nn.Module):
    def __init__(self, mode="train"):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 1)
        self.forward = getattr(self, f"forward_{mode}")

    def forward_train(self, x):
        return self.a(x) * x  # QL103


class Rep3(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 1)

    def _impl(self, x):
        return self.a(x) - x  # QL102

    forward = _impl


class Rep4(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.a(x) / x


def new_forward(self, x):
    return F.relu(self.a(x))  # QL201


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.r = nn.Sequential(Rep(), Rep2(), Rep3())
        self.r4 = Rep4()
        self.r4.forward = types.MethodType(new_forward, self.r4)
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.r4(self.r(self.q(x))))


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
