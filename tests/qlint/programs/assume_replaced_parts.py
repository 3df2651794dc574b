"""Activations that helpers replace in deep trees, by names of `dir` and by generators."""

import contextlib
import copy

import torch
from torch import nn


class Act(nn.Module):
    """A block of which one activation is replaced by one that int8 has, the other as well."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)
        self.act = nn.Mish()

    def forward(self, x):
        return self.act(self.conv(x))


def by_dir(module):
    for name in dir(module):
        target = getattr(module, name)
        if type(target) == nn.Mish:
            setattr(module, name, nn.ReLU())
    for _, child in module.named_children():
        by_dir(child)


def walk(module, parent=None, name=""):
    yield module, parent, name
    for child_name, child in module.named_children():
        yield from walk(child, module, child_name)


def by_generator(module):
    for part, parent, name in list(walk(module)):
        if isinstance(part, nn.Mish):
            setattr(parent, name, nn.ReLU())


def by_comprehension(module):
    for name in [each for each in dir(module) if isinstance(getattr(module, each), Act)]:
        getattr(module, name).act = nn.ReLU()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.first = Act(4)
        self.body = nn.Sequential(Act(4), nn.Sequential(Act(4), Act(4)))

    def forward(self, x):
        return self.body(self.first(self.stem(x)))


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Act(4)

    def forward(self, x):
        return self.first(x)


def build_by_dir():
    net = Net()
    by_dir(net)
    return net


def build_by_generator():
    net = Net()
    by_generator(net)
    return net


def build_by_comprehension():
    net = Flat()
    by_comprehension(net)
    return net


class Skip(nn.Module):
    """Eight blocks, one in the other, as in the UNet of pix2pix."""

    def __init__(self, channels, submodule=None, norm_layer=nn.BatchNorm2d):
        super().__init__()
        down = [nn.Mish(), nn.Conv2d(channels, channels, 4, 2, 1), norm_layer(channels)]
        up = [nn.Mish(), nn.Upsample(scale_factor=2), nn.Conv2d(channels, channels, 1)]
        parts = down + ([] if submodule is None else [submodule]) + up
        self.model = nn.Sequential(*parts)
        self.skip = torch.ao.nn.quantized.FloatFunctional()

    def forward(self, x):
        return self.skip.add(x, self.model(x))


def replace(model, old, new):
    for name, child in model.named_children():
        if isinstance(child, old):
            setattr(model, name, new())
        else:
            replace(child, old, new)


def build_deep():
    block = Skip(4)
    for _ in range(7):
        block = Skip(4, submodule=block)
    replace(block, nn.Mish, nn.ReLU)
    return block


class Wrong(nn.Module):
    """What is put there has no int8 form."""

    def __init__(self, inner=None):
        super().__init__()
        self.inner = nn.Conv2d(3, 3, 1) if inner is None else inner
        self.act = nn.ELU()

    def forward(self, x):
        return self.act(self.inner(x))  # QL109


def build_wrong():
    net = Wrong()
    for _ in range(9):
        net = Wrong(net)
    replace(net, nn.ELU, nn.SiLU)
    return net


def some_of(module, all_of_them):
    for name, child in module.named_children():
        if not all_of_them and name == "second":
            return
        yield name, child


class Two(nn.Module):
    """A generator that may end early replaces the second only maybe."""

    def __init__(self):
        super().__init__()
        self.first = nn.Mish()
        self.second = nn.Mish()

    def forward(self, x):
        return self.second(x)  # QL109


def build_some(all_of_them):
    net = Two()
    for name, child in some_of(net, all_of_them):
        if isinstance(child, nn.Mish):
            setattr(net, name, nn.ReLU())
    return net


class WithFunctional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.act = nn.SiLU()
        self.skip = torch.ao.nn.quantized.FloatFunctional()

    def forward(self, x):
        return self.skip.add(x, self.act(self.conv(x)))


def build_with_functional():
    net = nn.Sequential(WithFunctional(), WithFunctional())
    for part, parent, name in walk(net):
        if isinstance(part, nn.SiLU):
            setattr(parent, name, nn.ReLU())
    return net


class Tried(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))


def build_tried():
    net = nn.Sequential(Tried(), nn.Sequential(Tried()))
    for module in [net[0], net[1][0]]:
        try:
            module.act = nn.ReLU()
        except Exception as error:
            print("cannot replace", error)
    return net


class Fallback(nn.Module):
    """What a handler does instead counts."""

    def __init__(self, fast):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        try:
            self.act = fast.ReLU()
        except AttributeError:
            self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))  # QL109


class Original(nn.Module):
    """Only its copy is made ready."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))


def ready(model):
    new = copy.deepcopy(model)
    for part in new.modules():
        if isinstance(part, Original):
            part.act = nn.ReLU()
    return new


original = Original()
original = ready(original)


class Copied(nn.Module):
    """The copy is kept, the original made ready, but for its second activation."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.conv(x))  # QL109


copied = Copied()
teacher = copy.deepcopy(copied)
copied.act = nn.ReLU()


class Suppressed(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 1)
        self.act = nn.SiLU()

    def forward(self, x):
        if self.conv(x).shape == x.shape:
            return x
        return self.act(x)


suppressed = Suppressed()
with contextlib.suppress(AttributeError):
    suppressed.act = nn.ReLU()
