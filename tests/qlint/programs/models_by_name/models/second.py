from torch import nn

__all__ = ["Second", "second"]


class Second(nn.Module):
    def forward(self, x):
        return x * x  # QL103


def second():
    return Second()
