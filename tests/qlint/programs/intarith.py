import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import numpy as np


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(4, 4, 3, padding=1)
        self.d = nn.Conv2d(4, 4, 1)

    def forward(self, x):
        x = self.q(x)
        x = self.c(x)
        n, c, h, w = x.size()
        k = h * w + n // 2 - c / 2
        p = (h - 1) * 2, (w + 1) / 2
        x = x.reshape(n, 2, c // 2, h * w).transpose(1, 2).reshape(n, -1, h, w)
        d = x.dim() + x.ndim * 2 - x.numel() / 4
        s = x.stride(0) * 2 + x.element_size() + x.shape.numel()
        s2 = np.prod(x.shape[1:]) * 2
        s3 = torch.Size([n]) + x.shape[1:]
        s4 = list(x.shape[:2]) + [h * 2, w * 2]
        s5 = tuple(x.shape[:-2]) + (1,) * 2
        s6 = (x.size(0),) + tuple([c])
        sc = x.q_scale() * 2 if x.is_quantized else 1.0
        i = x.int_repr() * 2 if x.is_quantized else x
        top, pad = divmod(h, 2)
        f = x.dequantize() * 2 + 1
        idx = torch.arange(h) * w + 1
        grid = torch.stack(torch.meshgrid(torch.arange(h), torch.arange(w)), 0) * 2.0
        z = torch.zeros(n, c) + 1
        z2 = x.new_zeros(1) if False else torch.zeros(1) + 1
        dev = str(x.device) + "a"
        y = F.interpolate(self.d(x), size=(h * 2, w * 2), mode="nearest")
        y = F.max_pool2d(y, 2)
        y = y.contiguous().clone().permute(0, 2, 3, 1).flatten(1)
        return self.dq(y) + f.flatten(1)


def make():
    return Net(), (torch.rand(1, 4, 8, 8),)
