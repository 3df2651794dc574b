import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional
import functools


class UnetSkip(nn.Module):
    def __init__(
        self,
        outer,
        inner,
        input_nc=None,
        submodule=None,
        outermost=False,
        innermost=False,
        norm_layer=nn.BatchNorm2d,
    ):
        super(UnetSkip, self).__init__()
        self.outermost = outermost
        if type(norm_layer) == functools.partial:
            use_bias = norm_layer.func == nn.InstanceNorm2d
        else:
            use_bias = norm_layer == nn.InstanceNorm2d
        if input_nc is None:
            input_nc = outer
        downconv = nn.Conv2d(input_nc, inner, 4, 2, 1, bias=use_bias)
        uprelu = nn.ReLU(True)
        if outermost:
            model = (
                [downconv]
                + [submodule]
                + [uprelu, nn.ConvTranspose2d(inner * 2, outer, 4, 2, 1), nn.Tanh()]
            )
        elif innermost:
            model = [nn.ReLU(), downconv] + [
                uprelu,
                nn.ConvTranspose2d(inner, outer, 4, 2, 1),
                norm_layer(outer),
            ]
        else:
            model = (
                [nn.ReLU(), downconv, norm_layer(inner)]
                + [submodule]
                + [uprelu, nn.ConvTranspose2d(inner * 2, outer, 4, 2, 1), norm_layer(outer)]
            )
        self.model = nn.Sequential(*model)

    def forward(self, x):
        if self.outermost:
            return self.model(x)
        else:
            return torch.cat([x, self.model(x)], 1)  # QL106


class UnetGenerator(nn.Module):
    def __init__(self, num_downs=3, ngf=4, norm_layer=nn.BatchNorm2d):
        super().__init__()
        b = UnetSkip(ngf, ngf, submodule=None, norm_layer=norm_layer, innermost=True)
        for i in range(num_downs - 2):
            b = UnetSkip(ngf, ngf, submodule=b, norm_layer=norm_layer)
        self.model = UnetSkip(
            3, ngf, input_nc=3, submodule=b, outermost=True, norm_layer=norm_layer
        )
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, input):
        return self.dq(self.model(self.q(input)))


def make():
    norm = functools.partial(nn.BatchNorm2d, affine=True)
    return UnetGenerator(norm_layer=norm), (torch.rand(1, 3, 16, 16),)
