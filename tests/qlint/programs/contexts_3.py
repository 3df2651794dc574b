"""Context managers that a name, an exit stack or an object holds until they are entered."""

import contextlib

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_float = False

    def forward(self, x, y):
        if self.in_float:
            return x
        return x + y  # QL101


class OnlyFloat(Part):
    @contextlib.contextmanager
    def switched(self):
        self.in_float = True
        yield self
        self.in_float = False


@contextlib.contextmanager
def doubled(x):
    yield x * 2  # QL107


@contextlib.contextmanager
def never_entered(x):
    yield x * 2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.part = Part()
        self.only_float = OnlyFloat()

    def forward(self, x):
        x = self.quant(x)
        manager = doubled(x)
        never_entered(x)
        with manager as y:
            x = y - 1  # QL107
        with contextlib.ExitStack() as stack:
            x = stack.enter_context(doubled(x))
            y = stack.enter_context(contextlib.nullcontext(x))
            x = y / 2  # QL107
        switched = self.only_float.switched()
        with switched as part:
            x = part(x, y)
        return self.dequant(self.part(x, y))
