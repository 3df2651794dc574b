import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
from torch.nn.utils import weight_norm, spectral_norm
from torch.nn.utils.parametrizations import weight_norm as wn2
import torch.nn.utils as U


class ResBlock(nn.Module):
    def __init__(self, c, dil=(1, 3)):
        super().__init__()
        self.convs1 = nn.ModuleList(
            [weight_norm(nn.Conv1d(c, c, 3, 1, dilation=d, padding=d)) for d in dil]
        )
        self.convs2 = nn.ModuleList([spectral_norm(nn.Conv1d(c, c, 3, 1, padding=1)) for _ in dil])

    def forward(self, x):
        for c1, c2 in zip(self.convs1, self.convs2):
            xt = F.leaky_relu(x, 0.1)
            xt = c1(xt)
            xt = c2(xt)
            x = xt + x  # QL101
        return x


class Gen(nn.Module):
    def __init__(self):
        super().__init__()
        self.num_kernels = 2
        self.pre = U.weight_norm(nn.Conv1d(3, 4, 3, padding=1))
        self.post = wn2(nn.Conv1d(4, 1, 3, padding=1))
        self.res = nn.ModuleList([ResBlock(4) for _ in range(2)])
        self.q, self.dq = QuantStub(), DeQuantStub()

    def forward(self, x):
        x = self.pre(self.q(x))
        xs = None
        for j in range(self.num_kernels):
            if xs is None:
                xs = self.res[j](x)
            else:
                xs += self.res[j](x)  # QL101
        x = xs / self.num_kernels  # QL107
        x = self.post(x)
        return torch.tanh(self.dq(x)) * 2
