import torch
import torch.nn as nn
from torch.quantization import QuantStub, DeQuantStub  # QL901


class HRModule(nn.Module):
    def __init__(self, num_branches, channels, multi_scale_output=True):
        super(HRModule, self).__init__()
        self.num_branches = num_branches
        self.multi_scale_output = multi_scale_output
        self.branches = self._make_branches(channels)
        self.fuse_layers = self._make_fuse_layers(channels)
        self.relu = nn.ReLU(True)

    def _make_branches(self, ch):
        return nn.ModuleList(
            [nn.Sequential(nn.Conv2d(c, c, 3, 1, 1), nn.BatchNorm2d(c)) for c in ch]
        )

    def _make_fuse_layers(self, ch):
        if self.num_branches == 1:
            return None
        fuse_layers = []
        for i in range(self.num_branches if self.multi_scale_output else 1):
            fuse_layer = []
            for j in range(self.num_branches):
                if j > i:
                    fuse_layer.append(
                        nn.Sequential(
                            nn.Conv2d(ch[j], ch[i], 1, bias=False),
                            nn.BatchNorm2d(ch[i]),
                            nn.Upsample(scale_factor=2 ** (j - i), mode="nearest"),
                        )
                    )
                elif j == i:
                    fuse_layer.append(None)
                else:
                    c3 = []
                    for k in range(i - j):
                        out = ch[i] if k == i - j - 1 else ch[j]
                        c3.append(
                            nn.Sequential(nn.Conv2d(ch[j], out, 3, 2, 1), nn.BatchNorm2d(out))
                        )
                    fuse_layer.append(nn.Sequential(*c3))
            fuse_layers.append(nn.ModuleList(fuse_layer))
        return nn.ModuleList(fuse_layers)

    def forward(self, x):
        if self.num_branches == 1:
            return [self.branches[0](x[0])]
        for i in range(self.num_branches):
            x[i] = self.branches[i](x[i])
        x_fuse = []
        for i in range(len(self.fuse_layers)):
            y = x[0] if i == 0 else self.fuse_layers[i][0](x[0])
            for j in range(1, self.num_branches):
                if i == j:
                    y = y + x[j]  # QL101
                else:
                    y = y + self.fuse_layers[i][j](x[j])  # QL101
            x_fuse.append(self.relu(y))  # QL202
        return x_fuse


class HRNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, 1, 1)
        self.t = nn.Conv2d(8, 16, 3, 2, 1)
        self.stage = HRModule(2, [8, 16])
        self.quant = QuantStub()
        self.dequants = nn.ModuleList([DeQuantStub() for _ in range(2)])

    def forward(self, x):
        x = self.conv1(self.quant(x))
        ys = self.stage([x, self.t(x)])
        a, b = [dq(y) for dq, y in zip(self.dequants, ys)]
        return a.mean() + b.mean()


def make():
    return HRNet(), (torch.rand(1, 3, 16, 16),)
