import torch
from torch import nn, Tensor
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from typing import List


class BasicConv2d(nn.Module):
    def __init__(self, i, o, **kwargs):
        super().__init__()
        self.conv = nn.Conv2d(i, o, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(o, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = self.bn(x)
        return F.relu(x, inplace=True)  # QL201


class Inception(nn.Module):
    def __init__(self, i, conv_block=None):
        super().__init__()
        if conv_block is None:
            conv_block = BasicConv2d
        self.branch1 = conv_block(i, 4, kernel_size=1)
        self.branch2 = nn.Sequential(
            conv_block(i, 4, kernel_size=1), conv_block(4, 4, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(nn.MaxPool2d(3, 1, 1), conv_block(i, 4, kernel_size=1))

    def _forward(self, x: Tensor) -> List[Tensor]:
        return [self.branch1(x), self.branch2(x), self.branch3(x)]

    def forward(self, x: Tensor) -> Tensor:
        outputs = self._forward(x)
        return torch.cat(outputs, 1)  # QL106


class GoogLeNet(nn.Module):
    def __init__(self, transform_input=True, aux_logits=False):
        super().__init__()
        self.transform_input = transform_input
        self.conv1 = BasicConv2d(3, 4, kernel_size=3)
        self.inc1 = Inception(4)
        self.inc2 = Inception(12)
        self.fc = nn.Linear(12, 3)
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def _transform_input(self, x):
        if self.transform_input:
            ch0 = torch.unsqueeze(x[:, 0], 1) * (0.229 / 0.5) + (0.485 - 0.5) / 0.5
            ch1 = torch.unsqueeze(x[:, 1], 1) * (0.224 / 0.5) + (0.456 - 0.5) / 0.5
            ch2 = torch.unsqueeze(x[:, 2], 1) * (0.225 / 0.5) + (0.406 - 0.5) / 0.5
            x = torch.cat((ch0, ch1, ch2), 1)
        return x

    def forward(self, x):
        x = self._transform_input(x)
        x = self.quant(x)
        x = self.inc2(self.inc1(self.conv1(x)))
        x = torch.flatten(F.avg_pool2d(x, x.shape[-2:]), 1)
        return self.dequant(self.fc(x))


def make():
    return GoogLeNet(), (torch.rand(1, 3, 16, 16),)
