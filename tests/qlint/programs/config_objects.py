"""Switches kept in dict-like objects, namespaces and classes; a registry that makes instances."""

import argparse
import copy
import math
from collections import ChainMap, OrderedDict, UserDict, defaultdict
from types import SimpleNamespace

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class ByItem(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


class ByMethod(dict):
    def __getattr__(self, name):
        return self[name]


class ByDict(dict):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.__dict__ = self


class Easy(dict):
    def __init__(self, given=None, **kwargs):
        for key, value in {**(given or {}), **kwargs}.items():
            setattr(self, key, value)

    def __setattr__(self, name, value):
        if isinstance(value, dict) and not isinstance(value, Easy):
            value = Easy(value)
        super().__setattr__(name, value)
        super().__setitem__(name, value)

    __setitem__ = __setattr__


class Explicit(dict):
    def __init__(self, **kwargs):
        dict.__init__(self, **kwargs)


class Options(list):
    pass


class Space(argparse.Namespace):
    pass


class Plain:
    ff = True


def load(node):
    return ByMethod({k: load(v) if isinstance(v, dict) else v for k, v in node.items()})


by_item = ByItem(raw=False, ff=True)
by_item.late = False
by_method = ByMethod({"raw": False, "ff": True})
by_dict = ByDict(raw=False, ff=True)
easy = Easy({"net": {"raw": False, "ff": True}})
explicit = Explicit(raw=False, ff=True)
options = Options([False, True])
space = Space(raw=False, ff=True)
simple = SimpleNamespace(raw=False, ff=True)
parsed = argparse.Namespace(**{"raw": False, "ff": True})
loaded = load({"net": {"raw": False, "ff": True}})
merged = {"raw": True} | {"raw": False, "ff": True}
user = UserDict({"raw": False, "ff": True})
chained = ChainMap({"raw": False}, {"raw": True, "ff": True})
defaults = defaultdict(int, raw=0, ff=1)
copied = copy.deepcopy(by_method)


class Off(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        for raw in (by_item.raw, by_item.late, by_method.raw, by_method["raw"], by_dict.raw):
            if raw:
                x = x + x
        if easy.net.raw or explicit["raw"] or options[0] or space.raw or simple.raw:
            x = x + x
        if parsed.raw or loaded.net.raw or merged["raw"] or user["raw"] or chained["raw"]:
            x = x + x
        if defaults["raw"] or copied.raw or copied.get("raw") or "bias" in by_method:
            x = x + x
        if getattr(Plain, "raw", False) or hasattr(Plain, "raw") or getattr(simple, "b", None):
            x = x + x
        if ByMethod() or math.sqrt(9) > 3 or math.prod((2, 3)) > 6 or sum([1, 2]) > 3 or sorted([2, 1])[0] == 2:
            x = x + x
        if ("ff", "raw").index("ff") > 0 or issubclass(Off, nn.Sequential):
            x = x + x
        by_method.__setitem__(*([("extra", 1)][:0]))  # fails, and must not stop the analysis
        if isinstance(by_method, list) or len(by_method) > 2:
            x = x + x
        return self.dequant(x)


class On(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        if by_item.ff:
            x = x + 1  # QL107
        if by_method.ff:
            x = x + 1  # QL107
        if by_dict.ff:
            x = x + 1  # QL107
        if easy.net.ff:
            x = x + 1  # QL107
        if options[1] and space.ff and simple.ff and parsed.ff and loaded.net.ff:
            x = x + 1  # QL107
        if merged["ff"] and user["ff"] and chained["ff"] and defaults["ff"] and copied.ff:
            x = x + 1  # QL107
        if hasattr(Plain, "ff") and isinstance(by_method, dict) and issubclass(On, nn.Module):
            x = x + 1  # QL107
        return self.dequant(x)


class HalfTimes(nn.Module):
    def forward(self, x):
        return 0.5 * x  # QL107


class Clipped(nn.Module):
    def __init__(self, low):
        super().__init__()
        self.low = low

    def forward(self, x):
        return torch.clip(x, self.low) * 2  # QL107


class Instantiating(OrderedDict):
    def __getitem__(self, key):
        content = super().__getitem__(key)
        cls, kwargs = content if isinstance(content, tuple) else (content, {})
        return cls(**kwargs)


ACTIVATIONS = Instantiating({"half": HalfTimes, "clipped": (Clipped, {"low": 0})})


class Activated(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.first = ACTIVATIONS["half"]
        self.second = ACTIVATIONS["clipped"]

    def forward(self, x):
        return self.dequant(self.second(self.first(self.quant(x))))


def main():
    print(Off(), On(), Activated())
