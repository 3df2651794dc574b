"""Parts that are replaced where it might fail, remembered answers, factories of many sizes."""

import contextlib
import copy
import sys

import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub, QuantWrapper


class Act(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))


def build():
    return nn.Sequential(Act(3), nn.Sequential(Act(3), Act(3)))


def set_module(root, name, new):
    *path, last = name.split(".")
    parent = root
    for part in path:
        parent = getattr(parent, part)
    setattr(parent, last, new)


def by_name(model):
    failed = []
    for name, module in list(model.named_modules()):
        try:
            new = nn.ReLU()
            if isinstance(module, nn.SiLU):
                set_module(model, name, new)
                setattr(model, "replaced", True)
        except AttributeError as error:
            failed.append((name, error))
    return model


def or_leave(model):
    try:
        for module in model.modules():
            if isinstance(module, Act):
                module.act = nn.ReLU()
        done = True
    except Exception:
        sys.stderr.write("cannot replace")
        sys.exit(1)
    return model if done else None


def suppressed(model):
    for module in model.modules():
        with contextlib.suppress(AttributeError):
            new = nn.ReLU()
            if isinstance(module, Act):
                module.act = new
    return model


def else_replaces(model):
    for name, module in list(model.named_modules()):
        parent_name, _, child = name.rpartition(".")
        try:
            parent = model.get_submodule(parent_name)
        except AttributeError:
            print("no", name)
        else:
            if isinstance(module, nn.SiLU):
                setattr(parent, child, nn.ReLU())
    return model


wrapped = [QuantWrapper(make(build())) for make in (by_name, or_leave, suppressed, else_replaces)]


class Mended(nn.Module):
    """What a handler puts there instead counts, and so does what an assertion stops."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = nn.SiLU()
        self.gate = nn.Mish()

    def forward(self, x):
        x = self.act(self.conv(x))  # QL109
        return self.gate(x)  # QL109


def mend(model, fast):
    try:
        model.act = fast.ReLU()
    except AttributeError:
        model.act = nn.SiLU()
    try:
        assert isinstance(model.gate, nn.GELU)
        model.gate = nn.ReLU()
    except AssertionError:
        print("no GELU")
    return QuantWrapper(model)


mended = mend(Mended(), sys.modules.get("fast"))

# Remembered answers

KIND = "silu"


def act_of_kind():
    return nn.ReLU if KIND == "relu" else nn.SiLU


class Config:
    act = "relu"


def act_of(config):
    return nn.SiLU if config.act == "silu" else nn.ReLU


class ByKind(nn.Module):
    def __init__(self, act):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.act = act()

    def forward(self, x):
        return self.dequant(self.act(self.quant(x)))


class ByConfig(ByKind):
    def forward(self, x):
        return self.dequant(self.act(self.quant(x)))  # QL109


act_of_kind()
KIND = "relu"
by_kind = ByKind(act_of_kind())
act_of(Config)
Config.act = "silu"
by_config = ByConfig(act_of(Config))

# Factories


class Basic(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(16, 16, 1)

    def forward(self, x):
        return self.conv(x) + x  # QL101


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.add = nn.Conv2d(16, 16, 1), FloatFunctional()

    def forward(self, x):
        return self.add.add(self.conv(x), x)


class ResNet(nn.Module):
    def __init__(self, depth):
        super().__init__()
        block = Deep if depth >= 44 else Basic
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.body = nn.Sequential(*[block() for _ in range(3)])

    def forward(self, x):
        return self.dequant(self.body(self.quant(x)))


def resnet20():
    return ResNet(20)


def resnet47():
    return ResNet(47)


def resnet56():
    return ResNet(56)


def resnet110():
    return ResNet(110)


# Copies


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.head = nn.SiLU()

    def forward(self, x):
        return self.dequant(self.head(self.quant(x)))  # QL109


head = Head()
probe = copy.deepcopy(head)
probe.head = nn.Identity()


class Each(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.act = nn.Conv2d(3, 3, 1), nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))


def one_by_one(model):
    blocks = (each for each in model.modules() if isinstance(each, Each))
    while True:
        try:
            block = next(blocks)
        except StopIteration:
            break
        block.act = nn.ReLU()
    return QuantWrapper(model)


each = one_by_one(nn.Sequential(Each(), Each(), Each()))


class Left(nn.Module):
    """What is tried fails for these for sure."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.SiLU(), nn.Mish()

    def forward(self, x):
        return self.second(self.first(x))  # QL109, QL109


def converted(layer):
    if isinstance(layer, nn.SiLU):
        raise TypeError(type(layer).__name__)
    return nn.ReLU()


def leave(model, kinds):
    try:
        model.first = converted(model.first)
    except TypeError as error:
        print(error)
    try:
        model.second = kinds[type(model.second)]()
    except KeyError:
        pass
    return QuantWrapper(model)


left = leave(Left(), {nn.GELU: nn.ReLU})
