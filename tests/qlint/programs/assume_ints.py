import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional

# mode: assume
from typing import Optional, List, Dict, Tuple, Union


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 4)
        self.l = nn.Linear(4, 4)

    def forward(
        self,
        ids: torch.LongTensor,
        lengths: List[int],
        step: int,
        scale: float = 1.0,
        mask: Optional[torch.Tensor] = None,
        return_dict: bool = False,
    ):
        n = step + 1
        m = scale * 2
        k = lengths[0] + 1
        x = self.l(self.emb(ids))
        return x


class Net2(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(4, 4)

    def forward(self, x, alpha=1.0, idx=0, name="a", size=(2, 2)):
        w = alpha * 2 + idx / 2
        h = size[0] * 2
        s = "layer" + name
        y = self.l(x)
        y = y * alpha  # QL107
        return y - x  # QL102


class Net3(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(4, 4)

    def forward(self, batch: Dict[str, torch.Tensor]):
        x = batch["x"]
        y = self.l(x)
        return y + x  # QL101


class Net4(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])

    def forward(self, xs: List[torch.Tensor], train=True):
        a, b = [l(x) for l, x in zip(self.l, xs)]
        return a * b  # QL103


def make():
    return Net2(), (torch.rand(2, 4),)
