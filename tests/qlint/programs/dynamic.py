import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(4, 4)
        self.lstm = nn.LSTM(4, 4)

    def forward(self, x):
        y, _ = self.lstm(x)
        return F.relu(self.l(y) + x) * 2


if __name__ == "__main__":
    m = torch.ao.quantization.quantize_dynamic(Net(), {nn.Linear, nn.LSTM}, dtype=torch.qint8)
    print(m(torch.rand(3, 1, 4)))
