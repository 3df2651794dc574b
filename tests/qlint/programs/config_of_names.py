import yaml
import torch, torch.nn as nn
from torch.ao.quantization import QuantStub


class A(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = nn.Conv2d(c, c, 1)

    def forward(self, x):
        return x + self.c(x)  # QL101


class B(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = nn.Conv2d(c, c, 1)

    def forward(self, x):
        return x * self.c(x)  # QL103


def parse(cfg):
    layers = []
    for m, args in cfg:
        m = globals()[m]
        m_ = m(*args)
        m_.i = 1
        layers.append(m_)
    return nn.Sequential(*layers)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.model = parse(yaml.safe_load(open("x.yaml")))

    def forward(self, x):
        return self.model(self.q(x))


def decode(text):
    """`pool_k3` to a kind and its options, as EfficientNet's descriptions are read."""
    import re

    kind, *options = text.split("_")
    found = {}
    for option in options:
        key, value, _ = re.split(r"(\d.*)", option)
        found[key] = int(value)
    return kind, found


class Described(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.kind, self.options = decode("conv_k3_e1")

    def forward(self, x):
        x = self.quant(x)
        if self.options["k"] == 3:
            x = x + x  # QL101
        if self.options["e"] > 1:
            x = x + x
        return x


def padding(kernel_size):
    """Calls itself for what may be a sequence; nobody knows whether it is one."""
    if isinstance(kernel_size, (tuple, list)):
        return [padding(each) for each in kernel_size]
    return (kernel_size - 1) // 2


class Padded(nn.Module):
    def __init__(self, kernel_size):
        super().__init__()
        self.quant = QuantStub()
        self.padding = padding(kernel_size)

    def forward(self, x):
        return self.quant(x) * 2  # QL107
