import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(4, 4, 1)
        self.p = nn.MaxPool2d(3, 1, 1)
        self.d = nn.Conv2d(4, 4, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        x = self.c(self.q(x))
        a, b = x.chunk(2, 1)
        y = torch.cat([b, a], 1)
        y = torch.cat([y, self.p(y)], 1)[:, :4]
        y = torch.cat([x[:, 2:], x[:, :2]], dim=1)
        y = torch.cat(
            [x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1
        )[:, :4]
        y = torch.stack([y, y.flip(-1)], 0).flatten(0, 1)
        y = torch.cat([y.transpose(2, 3), F.max_pool2d(y, 1), y.contiguous(), y.roll(1, 1)], 1)[  # QL106, QL108
            :, :4
        ]
        y = torch.cat([y], 1)
        z = torch.cat((F.pad(y, (1, 0)), F.pad(y, (1, 0))), 0)
        z = torch.cat((F.avg_pool2d(y, 2), F.avg_pool2d(y, 2)), 0)
        zs = [y.unsqueeze(0) for _ in range(3)]
        zz = torch.cat(zs, 0).flatten(0, 1)
        w = torch.cat([self.d(zz), zz], 0)  # QL106
        w = torch.cat([self.relu(w), w], 0)
        return self.dq(w), self.dq(z)


def make():
    return Net(), (torch.rand(2, 4, 8, 8),)
