from torch import nn
from torch.ao.nn.quantized import FloatFunctional


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.skip_add = FloatFunctional()

    def forward(self, x):
        out = self.relu1(self.conv1(x))
        return self.skip_add.add_relu(self.conv2(out), x)


class Branches(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.narrow = nn.Conv2d(channels, channels, 1)
        self.narrow_relu = nn.ReLU()
        self.wide = nn.Conv2d(channels, channels, 3, padding=1)
        self.cat = FloatFunctional()

    def forward(self, x):
        narrow = self.narrow_relu(self.narrow(x))
        return self.cat.cat([narrow, self.wide(x)], dim=1)
