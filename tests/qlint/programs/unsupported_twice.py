# A module without a kernel is reported at each of its calls, reused or not.
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.act = nn.SiLU()
        self.convs = nn.ModuleList([nn.Conv2d(4, 4, 1) for _ in range(12)])

    def forward(self, x):
        x = self.quant(x)
        y = self.act(x)  # QL109
        y = self.act(y)  # QL109
        late = [conv(y) for conv in self.convs[10:]]
        y = abs(late[-1])  # QL108
        return self.dequant(pow(y, 2) + round(x))  # QL101, QL108
