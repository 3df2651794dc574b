import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Wav(nn.Module):
    def __init__(self, c=4, n=3):
        super().__init__()
        self.n = n
        self.c = c
        self.inl = nn.ModuleList()
        self.res = nn.ModuleList()
        self.drop = nn.Dropout(0.0)
        for i in range(n):
            self.inl.append(nn.Conv1d(c, 2 * c, 3, padding=1))
            self.res.append(nn.Conv1d(c, 2 * c if i < n - 1 else c, 1))
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.qm = QuantStub()

    @staticmethod
    def gate(a, n):
        t = torch.tanh(a[:, :n, :])
        s = torch.sigmoid(a[:, n:, :])
        return t * s  # QL103

    def forward(self, x, mask):
        x = self.q(x)
        output = torch.zeros_like(x)  # QL108
        for i in range(self.n):
            xin = self.inl[i](x)
            acts = self.gate(xin, self.c)
            rs = self.res[i](self.drop(acts))
            if i < self.n - 1:
                x = (x + rs[:, : self.c, :]) * mask  # QL101, QL103
                output = output + rs[:, self.c :, :]  # QL101
            else:
                output = output + rs  # QL101
        return self.dq(output * mask)  # QL103


def make():
    return Wav(), (torch.rand(1, 4, 8), torch.ones(1, 1, 8))
