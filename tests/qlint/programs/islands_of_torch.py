"""What torch itself makes float, and what is made like an int8 tensor."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub
from torch.fft import rfft2


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.weight = nn.Parameter(torch.ones(3, 8, 5))
        self.register_buffer("window", torch.hann_window(4))

    def forward(self, x):
        x = self.conv(self.quant(x))
        spectrum = rfft2(x)  # QL108
        y = torch.fft.irfft2(spectrum * self.weight) + 1
        z = torch.stft(x.flatten(1), 4, window=self.window, return_complex=True)  # QL108
        z = z.abs() * 2
        norm = torch.linalg.vector_norm(x, dim=1, keepdim=True)  # QL108
        a = self.weight.to(x)  # QL108
        b = self.weight.to(x.device) * 2
        c = self.weight.to(self.weight) + 1
        d = x.to("cpu").type(x.dtype)
        e = x.type(torch.float32)  # QL108
        f = x.type("torch.FloatTensor")  # QL108
        g = torch.cat([x, F.gelu(x)], 1)
        return y, z, norm, a, b, c, self.dequant(d), e, f, self.dequant(g)
