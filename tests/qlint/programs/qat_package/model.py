import torch.nn as nn
import torch.nn.functional as F
from base import BaseModel
from mixins import QuantMixin


class FloatNet(BaseModel):
    def build(self):
        self.c1 = nn.Conv2d(3, 4, 3, 1, 1)
        self.head = nn.Conv2d(4, 4, 1)

    def features(self, x):
        return F.relu(self.c1(x))  # QL201


class QuantNet(QuantMixin, FloatNet):
    def __init__(self):
        super().__init__()
        self.init_quant()
