"""What `__enter__` sets is set back by `__exit__`; dataclasses that are dicts; open attributes."""

import argparse
from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Mode:
    raw = False


class Raw:
    def __enter__(self):
        Mode.raw = True
        return self

    def __exit__(self, *error):
        Mode.raw = False


@dataclass
class Output(OrderedDict):
    hidden: torch.Tensor = None


class Meta(type):
    def __getattr__(cls, name):
        return name == "on"


class Switches(metaclass=Meta):
    pass


class Proxy:
    def __getattr__(self, name):
        return name == "on"


class Plain:
    pass


def fill(target, names):
    for name in names:
        setattr(target, name, True)
    return target


def options(names):
    parser = argparse.ArgumentParser()
    parser.add_argument("--on", default=True)
    return parser.parse_args([], namespace=SPACE), fill(PLAIN, names)


SPACE = argparse.Namespace(raw=False)
PLAIN = Plain()
options(open("names").read().split())
RAW = {"a": False}
ALIAS = RAW
RAW |= {"a": True}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        with Raw():
            if Mode.raw:
                x = x * 2  # QL107
        if Mode.raw:
            x = x * 3
        x = Output(hidden=x).hidden * 2  # QL107
        if hasattr(Switches, "on"):
            x = x * 4  # QL107
        if hasattr(Proxy(), "on"):
            x = x * 5  # QL107
        if getattr(SPACE, "on", False):
            x = x * 6  # QL107
        if getattr(PLAIN, "on", False):
            x = x * 7  # QL107
        if hasattr(self, "training"):
            x = x * 8  # QL107
        if ALIAS["a"]:
            x = x * 9  # QL107
        if sorted(["b", "a"])[0] == "b":
            x = x * 10
        return self.dequant(x)
