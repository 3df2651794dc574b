"""Views of what convolutions put out: int8 ones do so channels last."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Features(nn.Module):
    def __init__(self, features=8 * 4 * 4):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.skip = nn.Conv2d(3, 8, 1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.add = FloatFunctional()
        self.fc = nn.Linear(features, 10)

    def features(self, x):
        return self.pool(self.relu(self.conv(self.quant(x))))


class LeNet(Features):
    def forward(self, x):
        x = self.features(x)
        x = x.view(-1, 8 * 4 * 4)  # QL108
        return self.dequant(self.fc(x))


class ByLinear(Features):
    """How many features there are is what the layer behind says."""

    def __init__(self):
        super().__init__()
        self.classifier = nn.Sequential(nn.Dropout(), nn.Linear(32, 10))

    def forward(self, x):
        x = F.avg_pool2d(self.features(x), 2)
        x = x.view(x.size(0), -1)  # QL108
        return self.dequant(self.classifier(x))


class Sizes(Features):
    def forward(self, x):
        x = self.quant(x)
        x = self.pool(self.add.add_relu(self.conv(x), self.skip(x)))
        n, c, h, w = x.shape
        x = self.fc(x.view((n, c * h * w)))  # QL108
        return self.dequant(x)


class Dequantized(Features):
    def forward(self, x):
        x = self.dequant(self.features(x))
        return x.view(-1, 128)  # QL108


class Sequence(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv1d(3, 8, 3)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.conv(self.quant(x))
        y = self.relu(x).view(-1, 128)
        return self.dequant(x.view(-1, 128)), self.dequant(y)  # QL108


class OnePixel(Features):
    def __init__(self):
        super().__init__(8)

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), 1)
        x = x.view(x.size(0), -1)
        return self.dequant(self.fc(x))


class LastPixel(Features):
    """As many features as channels: there is one pixel left."""

    def __init__(self):
        super().__init__(8)

    def forward(self, x):
        x = F.avg_pool2d(self.features(x), 4)
        return self.dequant(self.fc(x.view(-1, 8)))


class Copies(Features):
    def forward(self, x):
        x = self.features(x)
        flat = torch.flatten(x, 1), x.reshape(-1, 128), x.contiguous().view(-1, 128)
        tokens = x.view(x.size(0), 8, -1)
        groups = x.view(x.size(0), 2, 4, *x.shape[2:])
        last = x.permute(0, 2, 3, 1).reshape(-1, 128)
        return [self.dequant(each) for each in (*flat, tokens, groups, last)]


class Unknown(Features):
    """Nobody says how many features there are, or how many channels."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)

    def forward(self, x):
        x = self.features(x)
        y = self.skip(self.quant(x))
        return self.dequant(x.view(-1, 128)), self.dequant(y.view(y.size(0), -1))


class OneChannel(Features):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, x):
        return self.dequant(self.features(x).view(-1, 16))


class Floating(Features):
    def forward(self, x):
        return self.pool(self.conv(x)).view(-1, 128)


class Joined(Features):
    def __init__(self):
        super().__init__()
        self.join = FloatFunctional()
        self.wide = nn.Linear(16 * 4 * 4, 10)

    def forward(self, x):
        x = self.quant(x)
        x = self.pool(self.join.cat([self.conv(x), self.skip(x)], dim=1))
        return self.dequant(self.wide(x.view(-1, 16 * 4 * 4)))  # QL108


class Excited(Features):
    """A product has the format of its first operand."""

    def __init__(self):
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Sequential(nn.Linear(8, 8), nn.Sigmoid())
        self.scale = FloatFunctional()

    def forward(self, x):
        x = self.features(x)
        n, c, _, _ = x.shape
        weights = self.gate(self.squeeze(x).view(n, c)).view(n, c, 1, 1)
        return self.dequant(self.fc(self.scale.mul(x, weights).view(n, -1)))  # QL108


class Volume(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.body = nn.Sequential(nn.Conv3d(3, 8, 1), nn.BatchNorm3d(8), nn.ReLU(), nn.MaxPool3d(2))
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.body(self.quant(x))
        return self.dequant(self.fc(x.view(x.size(0), -1)))  # QL108


class Clips(nn.Module):
    """What is joined is one pixel of each image of a clip."""

    def __init__(self, pool):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), pool)
        self.fc = nn.Linear(3 * 8, 10)

    def forward(self, x):
        n, t, c, h, w = x.shape
        x = self.encoder(self.quant(x.view(n * t, c, h, w)))
        return self.dequant(self.fc(x.view(n, -1)))


class Pairs(OnePixel):
    def __init__(self):
        super().__init__()
        self.pairs = nn.Linear(16, 10)

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.dequant(self.pairs(x.view(-1, 16)))


clips = Clips(nn.AdaptiveAvgPool2d(1)), Clips(nn.AvgPool2d(8))


class Pyramid(Features):
    """How many pixels a pool leaves is known from the pool."""

    def __init__(self):
        super().__init__(8 * 5)
        self.pools = nn.ModuleList(nn.AdaptiveAvgPool2d(size) for size in (1, 2))
        self.join = FloatFunctional()

    def forward(self, x):
        x = self.features(x)
        levels = [pool(x) for pool in self.pools]
        flat = [each.view(each.size(0), -1) for each in levels]  # QL108
        return self.dequant(self.fc(self.join.cat(flat, dim=1)))


class Embedded(nn.Module):
    """A convolution behind the pool has one pixel of each image as well."""

    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.encoder = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.sequence = nn.Sequential(nn.Conv1d(3, 8, 1), nn.ReLU(), nn.AdaptiveAvgPool1d(1))
        self.embed, self.embed1d = nn.Conv2d(8, 4, 1), nn.Conv1d(8, 4, 1)
        self.fc, self.fc1d = nn.Linear(3 * 4, 10), nn.Linear(2 * 4, 10)

    def forward(self, x, y):
        n, t, c, h, w = x.shape
        x = self.embed(self.encoder(self.quant(x.view(n * t, c, h, w))))
        y = self.embed1d(self.sequence(self.quant(y)))
        return self.dequant(self.fc(x.view(n, -1))), self.dequant(self.fc1d(y.view(-1, 8)))


class Island(Features):
    """What is computed on floats in between keeps the format, or does not."""

    def __init__(self):
        super().__init__()
        self.again, self.gelu, self.softmax = QuantStub(), nn.GELU(), nn.Softmax(dim=1)

    def forward(self, x):
        x = self.dequant(self.features(x))
        y = self.again(F.normalize(self.gelu(x), dim=1))
        y = self.dequant(self.fc(y.view(-1, 8 * 4 * 4)))  # QL108
        return y, self.softmax(x).view(x.size(0), 8 * 4 * 4)
