import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class ASPP(nn.Module):
    def __init__(self, c, rates=(1, 2)):
        super().__init__()
        modules = [nn.Sequential(nn.Conv2d(c, 4, 1), nn.ReLU())]
        for r in tuple(rates):
            modules.append(nn.Sequential(nn.Conv2d(c, 4, 3, padding=r, dilation=r), nn.ReLU()))
        modules.append(Pooling(c, 4))
        self.convs = nn.ModuleList(modules)
        self.project = nn.Conv2d(len(self.convs) * 4, 4, 1)

    def forward(self, x):
        res = []
        for conv in self.convs:
            res.append(conv(x))
        res = torch.cat(res, dim=1)  # QL106
        return self.project(res)


class Pooling(nn.Sequential):
    def __init__(self, i, o):
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Conv2d(i, o, 1), nn.ReLU())

    def forward(self, x):
        size = x.shape[-2:]
        for mod in self:
            x = mod(x)
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class SK(nn.Module):
    def __init__(self, c, M=2):
        super().__init__()
        self.convs = nn.ModuleList(
            [nn.Conv2d(c, c, 3, padding=1 + i, dilation=1 + i) for i in range(M)]
        )
        self.fc = nn.Linear(c, c)
        self.fcs = nn.ModuleList([nn.Linear(c, c) for _ in range(M)])
        self.softmax = nn.Softmax(dim=1)

    def forward(self, x):
        for i, conv in enumerate(self.convs):
            fea = conv(x).unsqueeze_(dim=1)
            if i == 0:
                feas = fea
            else:
                feas = torch.cat([feas, fea], dim=1)  # QL106
        fea_U = torch.sum(feas, dim=1)  # QL108
        fea_s = fea_U.mean(-1).mean(-1)
        fea_z = self.fc(fea_s)
        for i, fc in enumerate(self.fcs):
            vector = fc(fea_z).unsqueeze_(dim=1)
            if i == 0:
                att = vector
            else:
                att = torch.cat([att, vector], dim=1)  # QL106
        att = self.softmax(att).unsqueeze(-1).unsqueeze(-1)  # QL109
        return (feas * att).sum(dim=1)  # QL103, QL108


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = ASPP(3)
        self.sk = SK(4)
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return self.dq(self.sk(self.a(self.q(x))))


def make():
    return Net(), (torch.rand(1, 3, 8, 8),)
