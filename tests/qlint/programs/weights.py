"""The weights of layers that convert swaps, and of those that it leaves alone."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, prepare


class Swapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.linear = nn.Linear(3, 3)
        self.floating = nn.Linear(3, 3)
        self.floating.qconfig = None
        self.norm = nn.LayerNorm(3)
        self.asked = nn.Linear(3, 3)

    def forward(self, x):
        y = x * self.linear.weight.mean()  # QL108
        x = self.linear(self.quant(x))
        y = y + self.linear.weight.mean()  # QL108
        y = y.to(self.linear.weight.device)  # QL108
        y = y + self.floating.weight.mean() + self.norm.weight.mean()
        if isinstance(self.asked, nn.Linear):
            y = y + self.asked.weight.mean()
        if self.linear.bias is not None and hasattr(self.linear, "weight"):
            y = y + 1
        return self.dequant(x), y, torch.ones_like(self.linear.weight())


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.quant(x)
        return self.dequant(self.conv(y)), self.conv.weight * 2  # QL108


class Around(nn.Module):
    """Only its body is prepared."""

    def __init__(self):
        super().__init__()
        self.body = Body()
        self.scale = nn.Linear(3, 3)

    def forward(self, x):
        x, _ = self.body(x)
        return x, self.scale.weight * 2


around = Around()
prepare(around.body, inplace=True)
prepare(Swapped())


class Forms(nn.Module):
    """Weights in parts of containers, and handed to functions."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.linear = nn.Linear(3, 3)
        self.parts = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.own = nn.Parameter(torch.ones(3, 3))
        self.norm = nn.LayerNorm(3)

    def forward(self, x):
        before = nn.functional.linear(x, self.linear.weight)  # QL108
        x = self.dequant(self.parts(self.linear(self.quant(x))))
        a = torch.abs(self.linear.weight)  # QL108
        b = nn.functional.normalize(self.parts[0].weight)  # QL108
        c = x.matmul(self.linear.weight)  # QL108
        d = -self.linear.bias  # QL108
        e = self.parts[0].weight.mean()  # QL108
        f = nn.functional.linear(x, self.own) + torch.abs(self.norm.weight)
        if torch.is_tensor(self.norm.weight) and not self.norm.bias:
            f = f + torch.abs(self.norm.bias)
        return before, a, b, c, d, e, f


prepare(Forms())


class Held(nn.Module):
    """A weight in a local name is still the weight of the layer."""

    def __init__(self, tie=False):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.linear = nn.Linear(3, 3)
        self.table = nn.Parameter(torch.ones(3, 3))
        self.tie = tie

    def forward(self, x):
        weight = self.linear.weight
        x = self.dequant(self.linear(self.quant(x)))
        either = self.table
        if self.tie:
            either = self.linear.weight
        return torch.matmul(x, weight), torch.matmul(x, either)  # QL108


prepare(Held())
