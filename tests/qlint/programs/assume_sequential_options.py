"""Classes derived from nn.Sequential whose options are chosen by those who build them."""

from torch import nn


class ConvAct(nn.Sequential):
    def __init__(self, inputs, outputs, act=nn.SiLU):
        super().__init__(nn.Conv2d(inputs, outputs, 3), act())


class Upsampler(nn.Sequential):
    def __init__(self, features, act=False):
        layers = [nn.Conv2d(features, 4 * features, 3), nn.PixelShuffle(2)]
        if act == "prelu":
            layers.append(nn.PReLU())
        elif act:
            layers.append(nn.Softsign())
        super().__init__(*layers)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = ConvAct(3, 8, act=nn.ReLU)
        self.second = ConvAct(8, 8, act=nn.Hardswish)
        self.up = Upsampler(8, act=False)

    def forward(self, x):
        return self.up(self.second(self.first(x)))


class ConvMish(nn.Sequential):
    def __init__(self, inputs, outputs, act=nn.ReLU):
        super().__init__(nn.Conv2d(inputs, outputs, 3), act())


class Other(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = ConvMish(3, 8, act=nn.Mish)

    def forward(self, x):
        return self.first(x)  # QL109


class Alone(nn.Sequential):  # QL109
    def __init__(self, inputs, outputs, act=nn.SiLU):
        super().__init__(nn.Conv2d(inputs, outputs, 3), act())
