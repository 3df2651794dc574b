from torch import nn

__all__ = ["First", "first", "first_large"]


class First(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 1)

    def forward(self, x):
        return x + self.conv(x)  # QL101


def first():
    return First(8)


def first_large():
    return First(64)
