import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()
        )
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self._feats = []
        self.body[1].register_forward_hook(self._hook)

    def _hook(self, module, inp, out):
        self._feats.append(out)

    def forward(self, x):
        self._feats.clear()
        y = self.body(self.q(x))
        f = self._feats[0]
        y = y + f  # QL101
        return self.dq(y)


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
