"""Layers and FloatFunctionals that convert finds, and those that it does not."""

import copy

from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Adding(FloatFunctional):
    pass


def build(kind, *args):
    return kind(*args)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.adding = Adding()
        self.functional = FloatFunctional()
        self.functionals = nn.ModuleList(FloatFunctional() for _ in range(2))
        self.loose = [nn.Linear(3, 3)]
        self.loose_functionals = {"a": FloatFunctional()}
        listed = [nn.Linear(3, 3)]
        self.sequential = nn.Sequential(*listed)
        self.add_module("added", nn.Linear(3, 3))
        setattr(self, "linear" + str(1), nn.Linear(3, 3))
        self.held = [self.added, self.linear1]
        self.twin = copy.deepcopy(self.added)
        self.twins = nn.ModuleDict({"a": copy.deepcopy(self.added)})
        self.tupled = (nn.ReLU(), nn.Identity(), nn.Flatten())
        self.built = build(nn.Linear, 3, 3)

    def forward(self, x):
        x = self.quant(x)
        x = self.sequential(self.added(self.linear1(x)))
        x = self.twin(self.twins["a"](self.built(x)))
        x = self.loose[0](x)  # QL109
        x = nn.Linear(3, 3)(x)  # QL109
        y = self.functional.add(x, x)
        y = self.functionals[0].mul(y, self.functionals[1].add(x, y))
        y = self.loose_functionals["a"].add(x, y)  # QL109
        y = FloatFunctional().add(x, y)  # QL109
        y = self.adding.mul(x, y)  # QL109
        for layer in self.tupled:
            y = layer(y)
        return self.dequant(y), nn.Linear(3, 3)(self.dequant(x))


class Held(nn.Module):
    """Calls layers that belong to another module, which is not converted with it."""

    def __init__(self, net):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.layers = net.held

    def forward(self, x):
        x = self.quant(x)
        for layer in self.layers:
            x = layer(x)  # QL109
        return self.dequant(x)


held = Held(Net())
