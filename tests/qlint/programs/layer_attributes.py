"""Conditions on what torch's layers keep of their arguments."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Wide(nn.Conv2d):
    def __init__(self, channels, **kwargs):
        super().__init__(channels, channels, 3, padding="same", **kwargs)


class Net(nn.Module):
    def __init__(self, bias=False):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 3, padding=(1, 0))
        self.plain = nn.Conv2d(3, 3, 1, bias=bias)
        self.linear = nn.Linear(3, out_features=4)
        self.norm = nn.BatchNorm2d(3, affine=False)
        self.drop = nn.Dropout(0.0)
        self.act = nn.ReLU(True)
        self.wide = Wide(3, groups=3)

    def forward(self, x):
        x = self.act(self.conv(self.quant(x)))
        if self.conv.kernel_size[0] == 1:
            x = x + 1
        if self.conv.stride != (1, 1):
            x = x + 2
        if self.conv.groups > 1:
            x = x + 3
        if self.conv.padding[1] == 0:
            x = x + 4  # QL107
        if self.conv.padding_mode != "zeros" or self.conv.out_channels != 3:
            x = x + 5
        if self.conv.bias is None:
            x = x + 6
        if self.plain.bias is None:
            x = x + 7  # QL107
        if self.linear.out_features == 4:
            x = x + 8  # QL107
        if self.norm.weight is not None or self.norm.bias is not None:
            x = x + 9
        if self.drop.p > 0:
            x = x + 10
        if self.act.inplace:
            x = x + 11  # QL107
        if self.wide.groups == 1 or self.wide.padding != "same":
            x = x + 12
        return self.dequant(x)
