import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(4, 4, 3, padding=1)
        self.register_buffer("mean", torch.zeros(1, 4, 1, 1))
        self.gamma = nn.Parameter(torch.ones(4))
        self.eps = 1e-5

    def forward(self, x):
        x = self.c(self.q(x))
        m = x > 0
        k = m * 2
        v, i = x.flatten(1).max(1)
        j = i + 1
        t, ti = torch.topk(x.flatten(1), 2)
        tj = ti * 2 + 1
        u = x.flatten(1).sort(1)[1] + 2
        w = self.gamma * 2 + self.eps
        y = x - self.mean  # QL102
        y = y * self.gamma.view(1, -1, 1, 1)  # QL103
        y = y + self.eps  # QL107
        y = y * torch.tensor(2.0)  # QL103
        y = y / x.shape[1]  # QL107
        y = y * float(x.size(1) ** 0.5)  # QL107
        y = y * (0.5 if x.size(0) > 1 else 2)  # QL107
        am = torch.argmax(x, 1) + 1  # QL108
        return self.dq(y)


def make():
    return Net(), (torch.rand(1, 4, 8, 8),)
