import torch.nn as nn

_ACT = dict(relu=nn.ReLU, silu=nn.SiLU)


def get_act_layer(name="relu"):
    if not name:
        return None
    if isinstance(name, type):
        return name
    return _ACT[name]


class BatchNormAct2d(nn.BatchNorm2d):
    def __init__(self, c, act_layer=nn.ReLU, inplace=True, apply_act=True):
        super().__init__(c)
        self.act = act_layer(inplace=inplace) if apply_act else nn.Identity()

    def forward(self, x):
        x = super().forward(x)
        return self.act(x)


class ConvNormAct(nn.Module):
    def __init__(self, i, o, act="relu", norm_layer=BatchNormAct2d):
        super().__init__()
        self.conv = nn.Conv2d(i, o, 3, padding=1)
        self.bn = norm_layer(o, act_layer=get_act_layer(act))

    def forward(self, x):
        return self.bn(self.conv(x))  # QL109
