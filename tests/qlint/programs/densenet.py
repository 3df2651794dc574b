import torch
import torch.nn as nn
import torch.nn.functional as F
from collections import OrderedDict
from torch.ao.quantization import QuantStub, DeQuantStub


class _DenseLayer(nn.Sequential):
    def __init__(self, nin, growth, drop_rate=0):
        super().__init__()
        (self.add_module("norm1", nn.BatchNorm2d(nin)),)
        (self.add_module("relu1", nn.ReLU(inplace=True)),)
        (self.add_module("conv1", nn.Conv2d(nin, growth, 3, 1, 1, bias=False)),)
        self.drop_rate = drop_rate

    def forward(self, x):
        new_features = super(_DenseLayer, self).forward(x)
        if self.drop_rate > 0:
            new_features = F.dropout(new_features, p=self.drop_rate, training=self.training)
        return torch.cat([x, new_features], 1)  # QL106


class _DenseBlock(nn.Sequential):
    def __init__(self, n, nin, growth):
        super().__init__()
        for i in range(n):
            self.add_module("denselayer%d" % (i + 1), _DenseLayer(nin + i * growth, growth))


class DenseNet(nn.Module):
    def __init__(self, growth=4, cfg=(2, 2)):
        super().__init__()
        self.features = nn.Sequential(OrderedDict([("conv0", nn.Conv2d(3, 8, 3, 2, 1))]))
        c = 8
        for i, n in enumerate(cfg):
            self.features.add_module("denseblock%d" % (i + 1), _DenseBlock(n, c, growth))
            c += n * growth
        self.features.add_module("norm5", nn.BatchNorm2d(c))
        self.classifier = nn.Linear(c, 5)
        self.q, self.dq = QuantStub(), DeQuantStub()

    def forward(self, x):
        features = self.features(self.q(x))
        out = F.relu(features, inplace=True)  # QL201
        out = F.adaptive_avg_pool2d(out, (1, 1)).view(features.size(0), -1)
        return self.dq(self.classifier(out))


def make():
    return DenseNet(), (torch.rand(1, 3, 16, 16),)
