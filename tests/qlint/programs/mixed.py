import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Blk(nn.Module):
    def __init__(self):
        nn.Module.__init__(self)
        self.c = nn.Conv2d(3, 3, 1)

    def __call__(self, x):
        return self.c(x) + x  # QL101


class Many(nn.Module):
    def __init__(self):
        super(self.__class__, self).__init__()
        self.c = nn.Conv2d(3, 3, 1)
        self.d = nn.Conv2d(3, 3, 1)

    def forward(self, *inputs):
        x, y = inputs
        out = None
        for name, layer in self.named_children():
            x = layer(x)
        return torch.mul(x, y, out=out)  # QL103


class Dyn(nn.Module):
    def __init__(self, c=None):
        super().__init__()

        class Inner(nn.Module):
            def __init__(self):
                super().__init__()
                self.c = nn.Conv2d(3, 3, 1)

            def forward(self, x):
                return self.c(x) - x  # QL102

        self.i = Inner()
        self.fns = [self.one, self.two]
        self.table = {"a": lambda t: t * t, "b": self.one}  # QL103

    def one(self, x):
        return x / x  # QL104

    def two(self, x):
        return x @ x  # QL105

    def forward(self, x):
        x = self.i(x)
        for f in self.fns:
            x = f(x)
        for k, f in self.table.items():
            if k == "a":
                x = f(x)
        return x


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = Blk()
        self.m = Many()
        self.dyn = Dyn()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.par = nn.DataParallel(Par())
        self.ts = torch.jit.script(TS()) if False else TS()

    def forward(self, x):
        x = self.q(x)
        x = self.b(x)
        x = self.m(x, x)
        x = self.dyn(x)
        x = self.par(x)
        x = self.ts(x)
        x = x.to(x.device).contiguous(memory_format=torch.contiguous_format).detach()
        a, b, c = x.unbind(1)
        x = torch.stack((a, b, c), dim=1)
        x = x + F.dropout(x, 0.5, training=self.training)  # QL101
        x = x + x.data  # QL101
        x = x + F.pixel_shuffle(F.pixel_unshuffle(x, 2), 2)  # QL101
        x = torch.add(x, x, alpha=2)  # QL101
        x = torch.add(x, 2)  # QL107
        x.mul_(2)  # QL107
        x.add_(x)  # QL101
        torch.add(x, x, out=x)  # QL101
        x = 2 * x  # QL107
        x = x * x.shape[0]  # QL107
        x = x.sub(x).div(2).matmul(x)  # QL102, QL107, QL105
        x = torch.einsum("bchw,bchw->bchw", x, x)  # QL105
        x = torch.hstack([x, self.b(x)])  # QL106, QL203
        return self.dq(x)


class Par(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.c(x) * x  # QL103


class TS(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.c(x) * x  # QL103


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
