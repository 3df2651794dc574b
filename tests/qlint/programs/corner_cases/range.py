import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub


class Block(nn.Module):
    def __init__(self, down):
        super().__init__()
        self.down = down

    def forward(self, x):
        return x + x if self.down else x  # QL101


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.d = QuantStub(), DeQuantStub()
        self.depths = [2, 2, 6, 2]
        for i, n in enumerate(self.depths):
            setattr(self, f"stage{i}", nn.Sequential(*[Block(j == 4) for j in range(n)]))

    def forward(self, x):
        x = self.q(x)
        for i in range(4):
            x = getattr(self, f"stage{i}")(x)
        return self.d(x)
