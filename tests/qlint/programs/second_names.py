"""Layers that convert swaps in one place, and that are called from another."""

from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Listed(nn.Module):
    """Registered under a name and kept in a plain list, as older code does it."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.convs = []
        for i in range(3):
            conv = nn.Conv2d(3, 3, 1)
            self.add_module(f"conv{i}", conv)
            self.convs.append(conv)

    def forward(self, x):
        x = self.quant(x)
        for conv in self.convs:
            x = conv(x)  # QL109
        return self.dequant(x)


class Named(nn.Module):
    """The same, but called by their names; lists made in the forward pass are no places."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.names = []
        for i in range(3):
            self.add_module(f"conv{i}", nn.Conv2d(3, 3, 1))
            self.names.append(f"conv{i}")
        self.last = nn.ModuleList([nn.Conv2d(3, 3, 1)])

    @property
    def layers(self):
        return [self.conv0, self.conv1]

    def forward(self, x):
        x = self.quant(x)
        for name in self.names[2:]:
            x = getattr(self, name)(x)
        for conv in self.layers:
            x = conv(x)
        tail = [*self.last]
        for conv in tail:
            x = conv(x)
        return self.dequant(x)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.first = self.second = nn.Conv2d(3, 3, 1)
        self.act = self.relu = nn.ReLU()

    def forward(self, x, other):
        x = self.quant(x)
        x = self.relu(self.act(x)) if other else self.relu(x)  # QL202
        return self.dequant(self.second(x))  # QL109


class FirstName(Twice):
    def forward(self, x, other):
        return self.dequant(self.first(self.quant(x)))


class Bears(nn.Module):
    """Float layers that run on int8 as they are."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.acts = [nn.ReLU6(), nn.MaxPool2d(2), nn.Sequential(nn.ReLU6())]
        self.first = self.second = nn.LeakyReLU()

    def forward(self, x):
        x = self.quant(x)
        for act in self.acts:
            x = act(x)
        return self.dequant(self.second(x))


class Stages(nn.Module):
    """Parts with parts of their own, in a plain list and in a ModuleList."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.stages = [nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())]
        self.found = nn.ModuleList([nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())])
        self.kept = list(self.found)

    def forward(self, x):
        x = self.quant(x)
        for stage in self.found:
            x = stage(x)
        for stage in self.kept[:0]:
            x = stage(x)
        for stage in self.stages:
            x = stage(x)  # QL109
        return self.dequant(x)


class Kept(nn.Module):
    """What convert swaps are the parts of a Sequential, not the Sequential."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.found = nn.ModuleList([nn.Sequential(nn.Conv2d(3, 3, 1), nn.ReLU())])
        self.kept = list(self.found)

    def forward(self, x):
        x = self.quant(x)
        for stage in self.kept:
            x = stage(x)
        return self.dequant(x)


class Ops:
    def __init__(self, owner):
        self.owner = owner
        self.add = owner.ff

    def of_owner(self, x):
        return self.owner.ff.add(x, x)


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.ff = FloatFunctional()
        self.ops = Ops(self)

    def forward(self, x):
        x = self.ops.of_owner(self.quant(x))
        return self.dequant(self.ops.add.add(x, x))  # QL109


class Teacher(nn.Module):
    """Float on purpose, and registered nowhere."""

    def __init__(self, teacher):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.teacher = [teacher]

    def forward(self, x):
        wanted = self.teacher[0](x)
        y = self.conv(self.quant(x))
        return self.dequant(y) - wanted


net = Teacher(nn.Conv2d(3, 3, 1))


class Slices(nn.Module):
    """Parts of a Sequential, made in the constructor and in the forward pass."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.Conv2d(8, 3, 1))
        self.stages = [self.layers[:2], self.layers[2:]]
        self.convs = [layer for layer in self.layers if isinstance(layer, nn.Conv2d)]

    def forward(self, x):
        x = self.quant(x)
        for part in (self.layers[:2], self.layers[2:]):
            x = part(x)
        last = self.convs[-1].out_channels
        x = self.layers.get_submodule("2")(self.layers[:2](x))  # QL202, QL203
        for stage in self.stages:
            x = stage(x)  # QL109, QL202, QL203
        return self.dequant(x), last
