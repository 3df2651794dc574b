from torch import nn

__all__ = ["_Hidden"]


class Doubled(nn.Module):
    def forward(self, x):
        return x * 2  # QL107


class _Hidden(nn.Module):
    def forward(self, x):
        return x + 2  # QL107


class _Other(nn.Module):
    def forward(self, x):
        return x - 2
