import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
from torchao.quantization.pt2e.quantize_pt2e import prepare_pt2e, convert_pt2e
from torchao.quantization.pt2e.quantizer.x86_inductor_quantizer import X86InductorQuantizer
import torchao.quantization.pt2e.quantizer.x86_inductor_quantizer as xiq


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        y = self.relu(self.conv(x))
        y = y + x
        return torch.cat([self.relu(y), F.relu(x)], 1) / 2


def main():
    args = (torch.rand(1, 3, 8, 8),)
    ep = torch.export.export(Net().eval(), args).module()
    q = X86InductorQuantizer()
    q.set_global(xiq.get_default_x86_inductor_quantization_config())
    p = prepare_pt2e(ep, q)
    p(*args)
    c = convert_pt2e(p)
