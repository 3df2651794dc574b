import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(3, 3, 1)
        self.a = nn.Conv2d(3, 3, 1)
        self.b = nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2)
        self.drop = nn.Dropout(0.1)
        self.id = nn.Identity()
        self.flat = nn.Flatten()
        self.ps = nn.PixelShuffle(1)
        self.avg = nn.AvgPool2d(3, 1, 1)
        self.fc = nn.Linear(3, 3)
        self.pad = nn.ZeroPad2d(1)
        self.ff = FloatFunctional()

    def forward(self, x, branch=True):
        x = self.q(x)
        if branch:
            x = self.relu(self.a(x))
        else:
            x = self.relu(self.b(x))
        x = self.pool(self.pool(x))
        x = self.up(self.up(x))
        x = self.drop(self.drop(x))
        x = self.id(self.id(x))
        x = self.avg(self.avg(x))
        x = self.ps(self.ps(x))
        if x.shape[0] > 100:
            return self.dq(self.c(x))
        y = self.c(x)
        f = self.dq(y)
        g = self.fc(f.mean((2, 3)))
        g = self.fc(g)
        return f, F.relu(g) * 2


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
