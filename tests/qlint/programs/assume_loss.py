import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


# mode: assume
class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=0.25):
        super().__init__()
        self.gamma = gamma
        self.alpha = alpha

    def forward(self, pred, target):
        ce = F.cross_entropy(pred, target, reduction="none")
        pt = torch.exp(-ce)
        return (self.alpha * (1 - pt) ** self.gamma * ce).mean()


class DiceLoss(nn.Module):
    def forward(self, logits, targets, smooth=1):
        p = torch.sigmoid(logits).view(-1)
        t = targets.view(-1)
        inter = (p * t).sum()
        return 1 - (2.0 * inter + smooth) / (p.sum() + t.sum() + smooth)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.c(x)
        return y + x  # QL101


def train(loader):
    net = Net()
    crit = FocalLoss()
    dice = DiceLoss()
    for x, t in loader:
        out = net(x)
        loss = crit(out, t) + dice(out, t)
        loss.backward()


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
