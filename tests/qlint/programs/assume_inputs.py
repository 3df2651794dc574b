"""What the parameters of a top model are: tensors, lists of them, sizes, masks, ground truth."""

import torch
from torch import nn


class Neck(nn.Module):
    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(3))

    def forward(self, inputs):
        both = torch.cat([inputs[0], inputs[1]], dim=1)  # QL106
        levels = [each for each in inputs]
        return both, torch.cat(levels, dim=1)  # QL106


class Halves(nn.Module):
    def forward(self, inputs):
        left, right = inputs[:, :2], inputs[:, 2:]
        return torch.cat([right, left], dim=1)


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(4, 4)

    def forward(self, x, hw_shape, H, W, attn_mask, input_ids):
        h, w = hw_shape
        assert x.shape[1] == h * w == H * W
        mask = 1.0 - attn_mask
        ids = input_ids + 1
        return self.proj(x) + x, mask * 2, ids  # QL101


class Bias(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(9, 4)

    def forward(self, i, j):
        positions = torch.arange(j - i, j)
        rows = [self.embedding(positions + row) for row in range(i)]
        return torch.stack(rows)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 4)
        self.norm, self.lstm = nn.LayerNorm(4), nn.LSTM(4, 4)
        self.up = nn.ConvTranspose1d(4, 4, 1)

    def forward(self, tokens, target=None):
        x = self.norm(self.table(tokens))
        y, _state = self.lstm(x)
        z = y + x  # QL101
        if target is not None:
            loss = (target - 1) ** 2
            return loss
        return self.up(z.transpose(1, 2)) * 2  # QL107


class Given(nn.Module):
    def __init__(self):
        super().__init__()
        self.pools = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(2))

    def forward(self, x):
        unknown = self.missing_attribute_of_a_mixin()
        y = self.pools[0](unknown)
        return y + x  # QL101
