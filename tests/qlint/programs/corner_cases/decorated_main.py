import functools, torch
from torch import nn
from torch.ao.quantization import QuantWrapper


def log_errors(fn):
    @functools.wraps(fn)
    def inner(args):
        return fn(args)

    return inner


class Net(nn.Module):
    def forward(self, x):
        return x + x  # QL101


@log_errors
def main(args):
    return QuantWrapper(Net())
