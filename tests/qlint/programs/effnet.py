import torch
from torch import nn
from functools import partial
from dataclasses import dataclass
from typing import Callable, Optional
from torch.ao.quantization import QuantStub, DeQuantStub


@dataclass
class MBConfig:
    expand: int
    inp: int
    out: int
    stride: int = 1
    se: bool = True


class SqueezeExcite(nn.Module):
    def __init__(self, ch, rd=4, act_layer=nn.ReLU, gate_fn=nn.Sigmoid):
        super().__init__()
        self.conv_reduce = nn.Conv2d(ch, ch // rd, 1)
        self.act1 = act_layer(inplace=True)
        self.conv_expand = nn.Conv2d(ch // rd, ch, 1)
        self.gate = gate_fn()

    def forward(self, x):
        x_se = x.mean((2, 3), keepdim=True)
        x_se = self.conv_expand(self.act1(self.conv_reduce(x_se)))
        return x * self.gate(x_se)  # QL103


def drop_path(x, drop_prob=0.0, training=False):
    if drop_prob == 0.0 or not training:
        return x
    keep = 1 - drop_prob
    mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep)
    return x.div(keep) * mask


class DropPath(nn.Module):
    def __init__(self, p=0.0):
        super().__init__()
        self.p = p

    def forward(self, x):
        return drop_path(x, self.p, self.training)


class MBConv(nn.Module):
    def __init__(
        self,
        cfg: MBConfig,
        norm_layer: Callable[..., nn.Module],
        act=partial(nn.ReLU, inplace=True),
    ):
        super().__init__()
        mid = cfg.inp * cfg.expand
        self.has_skip = cfg.inp == cfg.out and cfg.stride == 1
        self.expand = nn.Sequential(nn.Conv2d(cfg.inp, mid, 1, bias=False), norm_layer(mid), act())
        self.dw = nn.Sequential(
            nn.Conv2d(mid, mid, 3, cfg.stride, 1, groups=mid, bias=False), norm_layer(mid), act()
        )
        self.se = SqueezeExcite(mid) if cfg.se else nn.Identity()
        self.pw = nn.Sequential(nn.Conv2d(mid, cfg.out, 1, bias=False), norm_layer(cfg.out))
        self.drop_path = DropPath(0.1)

    def forward(self, x):
        shortcut = x
        x = self.pw(self.se(self.dw(self.expand(x))))
        if self.has_skip:
            x = self.drop_path(x) + shortcut  # QL101
        return x


class EfficientNet(nn.Module):
    def __init__(self, cfgs, norm_layer: Optional[Callable] = None):
        super().__init__()
        norm_layer = norm_layer or partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
        self.stem = nn.Conv2d(3, cfgs[0].inp, 3, 2, 1)
        self.blocks = nn.ModuleList([MBConv(c, norm_layer) for c in cfgs])
        self.head = nn.Linear(cfgs[-1].out, 4)
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward_features(self, x):
        x = self.stem(x)
        for blk in self.blocks:
            x = blk(x)
        return x

    def forward(self, x):
        x = self.forward_features(self.quant(x))
        x = torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1)
        return self.dequant(self.head(x))


def make():
    return EfficientNet([MBConfig(1, 8, 8), MBConfig(2, 8, 16, 2, se=False)]), (
        torch.rand(1, 3, 16, 16),
    )
