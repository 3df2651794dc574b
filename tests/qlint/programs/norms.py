"""BatchNorm1d has no int8 kernel; directly behind a layer it is fused away."""

import torch.nn.functional as F
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.fc1, self.fc2, self.fc3 = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm1d(8), nn.BatchNorm1d(8), nn.BatchNorm1d(8)
        self.conv, self.bn4 = nn.Conv1d(8, 8, 1), nn.BatchNorm1d(8)
        self.relu, self.drop = nn.ReLU(), nn.Dropout()
        self.mlp = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, 8))
        self.fused = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU())

    def forward(self, x):
        x = self.quant(x)
        x = self.bn1(self.fc1(x))
        x = self.relu(self.fc2(x))
        x = self.bn2(x)  # QL109
        x = self.bn3(self.drop(self.fc3(x)))
        x = self.fused(self.mlp(x))  # QL109
        x = self.bn4(F.leaky_relu(self.conv(x[:, :, None])))  # QL109
        return self.dequant(x)
