import torch
from torch import nn


class Enc(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.c(x) + x  # QL101


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Enc()
        self.head = nn.Conv2d(3, 3, 1)

    def forward_features(self, x):
        return self.encoder(x)

    def forward(self, x):
        return self.head(x)


class Infer(nn.Module):
    def __init__(self, net: Net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(self.net.forward_features(x))
