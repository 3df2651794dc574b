"""Classes derived from Sequential and QuantWrapper, and layers that call what they inherit."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, QuantWrapper


class Doubled(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class Scaled(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1)

    def forward(self, x):
        return self.conv(x) * 2  # QL107


class Multiplied(Scaled):
    def forward(self, x):
        return self.conv(x) * x  # QL103


class Plain(Scaled):
    def forward(self, x):
        return self.conv(x)


class InSequential(nn.Sequential):
    def __init__(self):
        super().__init__(QuantStub(), Doubled(), DeQuantStub())


class Wrapped(QuantWrapper):
    def __init__(self, channels):
        super().__init__(Scaled(channels))


class WrappedByName(QuantWrapper):
    def __init__(self, channels):
        QuantWrapper.__init__(self, Multiplied(channels))

    def forward(self, x):
        return super().forward(x).softmax(1) + 1


class WrappedPlain(QuantWrapper):
    def __init__(self, channels):
        super().__init__(module=Plain(channels))

    def forward(self, x):
        return super().forward(x) + 1


class TokenNorm(nn.BatchNorm1d):
    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)  # QL109


class ScaledSoftmax(nn.Softmax):
    def forward(self, x):
        y = super().forward(x)  # QL109
        return y


class Act(nn.SiLU):
    def forward(self, x):
        return nn.SiLU.forward(self, x)  # QL109


class Rectified(nn.ReLU):
    def forward(self, x):
        return super().forward(x)


class Pool(nn.AvgPool2d):
    def forward(self, x):
        return super().forward(x)


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.fc, self.norm = nn.Linear(3, 3), TokenNorm(3)
        self.act, self.softmax = Act(), ScaledSoftmax(-1)
        self.relu, self.pool = Rectified(), Pool(2)
        self.final = Act()

    def forward(self, x):
        x = self.pool(self.relu(self.fc(self.quant(x))))
        x = self.act(self.norm(x))
        return self.final(self.dequant(self.softmax(x)))


models = [Wrapped(3), WrappedByName(3), WrappedPlain(3), InSequential(), Layers()]
