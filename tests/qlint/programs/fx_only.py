import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import get_default_qconfig_mapping
from torch.ao.quantization.quantize_fx import prepare_fx, convert_fx


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.relu(self.conv(x))
        y = y + x
        return torch.cat([self.relu(y), F.relu(x)], 1) * 2


READY = True


def make():
    m = Net().eval()
    a = (torch.rand(1, 3, 8, 8),)
    p = prepare_fx(m, get_default_qconfig_mapping("fbgemm"), a)
    p(*a)
    return convert_fx(p), a
