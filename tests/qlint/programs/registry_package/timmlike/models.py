from functools import partial
import torch, torch.nn as nn
from torch.ao.quantization import QuantStub, DeQuantStub
from .registry import register_model
from .layers import ConvNormAct, get_act_layer


class Block(nn.Module):
    def __init__(self, c, act_layer, attn=None):
        super().__init__()
        self.c1 = ConvNormAct(c, c)
        self.c2 = nn.Conv2d(c, c, 3, padding=1)
        self.attn = attn(c) if attn else None
        self.act = act_layer(inplace=True)

    def forward(self, x):
        s = x
        x = self.c2(self.c1(x))
        if self.attn is not None:
            x = self.attn(x)
        x += s  # QL101
        return self.act(x)


class ECA(nn.Module):
    def __init__(self, c, k=3):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, k, padding=(k - 1) // 2)

    def forward(self, x):
        y = x.mean((2, 3)).view(x.shape[0], 1, -1)
        y = self.conv(y).view(x.shape[0], -1, 1, 1).sigmoid()
        return x * y.expand_as(x)  # QL103


class Net(nn.Module):
    def __init__(self, block=Block, layers=(1, 1), attn=None, act="relu"):
        super().__init__()
        self.stem = ConvNormAct(3, 4)
        self.stages = nn.Sequential()
        for i, n in enumerate(layers):
            self.stages.add_module(
                str(i), nn.Sequential(*[block(4, get_act_layer(act), attn) for _ in range(n)])
            )
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward_features(self, x):
        return self.stages(self.stem(x))

    def forward(self, x):
        return self.dequant(self.forward_features(self.quant(x)))


def _create(variant, pretrained=False, **kwargs):
    return Net(**kwargs)


@register_model
def eca_tiny(pretrained=False, **kwargs):
    model_args = dict(layers=[1, 2], attn=partial(ECA, k=3))
    return _create("eca_tiny", pretrained, **dict(model_args, **kwargs))


@register_model
def tiny(pretrained=False, **kwargs):
    return _create("tiny", pretrained, **kwargs)
