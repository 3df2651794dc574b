import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import torch.utils.checkpoint as cp
from torch.utils.checkpoint import checkpoint


class Block(nn.Module):
    def __init__(self, with_cp=False):
        super().__init__()
        self.with_cp = with_cp
        self.conv1 = nn.Conv2d(3, 3, 1)
        self.conv2 = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        def _inner_forward(x):
            identity = x
            out = self.conv1(x)
            out = self.conv2(self.relu(out))
            out += identity  # QL101
            return out

        if self.with_cp and x.requires_grad:
            out = cp.checkpoint(_inner_forward, x)
        else:
            out = _inner_forward(x)
        out = self.relu(out)  # QL202
        return out


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(Block(i > 0) for i in range(2))
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.tail = nn.Conv2d(3, 3, 1)

    @torch.jit.ignore
    def tail_fn(self, x, y):
        return self.tail(x) * y  # QL103

    def forward(self, x):
        x = self.q(x)
        for b in self.blocks:
            x = checkpoint(b, x, use_reentrant=False) if self.training else b(x)
        x = self.tail_fn(x, x)
        return self.dq(x)


def make():
    return Net(), (torch.rand(1, 3, 16, 16),)
