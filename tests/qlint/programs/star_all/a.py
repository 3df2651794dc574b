from torch import nn
class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 1)
    def forward(self, x):
        return x + self.conv(x)  # QL101
