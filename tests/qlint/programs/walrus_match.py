import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self, mode="add"):
        super().__init__()
        self.c1 = nn.Conv2d(3, 3, 1)
        self.c2 = nn.Conv2d(3, 3, 1)
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.mode = mode
        self.ff = FloatFunctional()

    def merge(self, a, b, mode):
        match mode:
            case "add":
                return a + b  # QL101
            case "mul":
                return a * b  # QL103
            case "cat" | "stack":
                return torch.cat([a, b], 1)  # QL106
            case _:
                raise ValueError(mode)

    def forward(self, x):
        if (y := self.q(x)).shape[0] > 0:
            y = self.c1(y)
        (z := self.c2(y))
        n, *rest = z.shape
        h, w = rest[-2:]
        assert h * w + n > 0
        z = self.merge(y, z, self.mode)
        first, *others = torch.chunk(z, 3, dim=1)
        t = self.ff.add(first, others[0])
        u = first - others[-1]  # QL102
        return self.dq(t), self.dq(u)


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)


OTHERS = [Net(mode) for mode in ("mul", "stack")]
