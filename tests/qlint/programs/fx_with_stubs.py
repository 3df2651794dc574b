import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import quantize_fx, get_default_qconfig_mapping


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        y = self.relu(self.conv(x))
        y = y + x
        return self.dq(torch.cat([self.relu(y), F.relu(x)], 1))


def main():
    m = Net().eval()
    p = quantize_fx.prepare_fx(m, get_default_qconfig_mapping("fbgemm"), (torch.rand(1, 3, 8, 8),))
    p(torch.rand(1, 3, 8, 8))
    return quantize_fx.convert_fx(p)
