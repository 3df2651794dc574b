from torch import nn


class Shape(nn.Module):
    def forward(self, x):
        return x
