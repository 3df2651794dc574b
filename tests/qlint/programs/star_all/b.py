from torch import nn
from a import *
__all__ = ["Other"]
class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 1)
    def forward(self, x):
        return self.conv(x)
class Other: pass
