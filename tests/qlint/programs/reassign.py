import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


def replace_relu(model, to=nn.ReLU):
    for name, child in model.named_children():
        if isinstance(child, nn.ReLU6):
            setattr(model, name, to(inplace=False))
        else:
            replace_relu(child, to)
    return model


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.conv2 = nn.Conv2d(3, 3, 1)
        self.act = nn.ReLU6()

    def forward(self, x):
        x = self.act(self.conv(x))
        return self.act(self.conv2(x))  # QL202


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = Block()
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.b(self.q(x)))


def make():
    m = Net()
    m = replace_relu(m)
    return m, (torch.rand(1, 3, 16, 16),)
