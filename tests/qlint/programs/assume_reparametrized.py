"""Layers whose weights are computed anew in each forward pass."""

from torch import nn
from torch.nn.utils import remove_weight_norm, spectral_norm, weight_norm
from torch.nn.utils.parametrizations import weight_norm as new_weight_norm


class Vocoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.pre = weight_norm(nn.Conv1d(4, 4, 3))
        self.post = new_weight_norm(nn.Conv1d(4, 4, 3))
        self.bare = remove_weight_norm(weight_norm(nn.Conv1d(4, 4, 3)))
        self.blocks = nn.ModuleList([weight_norm(nn.Linear(4, 4)) for _ in range(2)])

    def forward(self, x):
        x = self.bare(self.pre(x))  # QL109
        for block in self.blocks:
            x = block(x)  # QL109
        return self.post(x)  # QL109


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(spectral_norm(nn.Conv2d(3, 4, 1)), nn.LeakyReLU(0.2))
        self.plain = spectral_norm(nn.Conv2d(4, 4, 1))
        self.plain.qconfig = None
        nn.utils.remove_spectral_norm(self.plain)

    def forward(self, x):
        return self.plain(self.net(x))  # QL109, QL109
