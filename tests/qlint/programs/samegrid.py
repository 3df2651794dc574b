import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = QuantStub()
        self.dq = DeQuantStub()
        self.c = nn.Conv2d(4, 4, 1)
        self.up = nn.Upsample(scale_factor=1)
        self.unf = nn.Unflatten(1, (2, 2))
        self.zp = nn.ConstantPad2d(0, 0.0)
        self.drop = nn.Dropout()
        self.id = nn.Identity()
        self.cs = nn.ChannelShuffle(2)
        self.pu = nn.PixelUnshuffle(1)
        self.ap = nn.AdaptiveAvgPool2d(8)
        self.mp = nn.MaxPool2d(1)
        self.relu = nn.ReLU()
        self.relu6 = nn.ReLU6()
        self.sq = nn.Sequential(nn.MaxPool2d(1), nn.Identity())

    def forward(self, x):
        x = self.c(self.q(x))
        a = torch.stack(x.unbind(1), 1)
        a = torch.stack(torch.unbind(x, 1), 1)
        a = torch.cat(x.split(2, 1)[::-1], 1)
        a = torch.cat(torch.split(x, [1, 3], 1), 1)
        a = torch.cat(torch.tensor_split(x, 2, 1), 1)
        a = torch.cat(list(torch.chunk(x, 2, 1)), 1)
        a = torch.stack([x[:, i] for i in range(4)], 1)
        a = torch.stack([t for t in x], 0)
        a = torch.cat([x.select(1, 0), x.select(1, 1)], 1)
        a = torch.cat([x.narrow(1, 0, 2), x.narrow(1, 2, 2)], 1)
        a = torch.cat([x.index_select(1, torch.tensor([1])), x], 1)
        a = torch.cat([x, self.up(x)], 1)
        a = torch.cat([x, self.zp(x)], 1)
        a = torch.cat(
            [
                x,
                self.drop(x),
                self.id(x),
                self.cs(x),
                self.pu(x),
                self.ap(x),
                self.mp(x),
                self.relu(x),
                self.sq(x),
            ],
            1,
        )
        a = torch.cat(
            [
                x,
                F.interpolate(x, scale_factor=1),
                F.max_pool2d(x, 1),
                F.avg_pool2d(x, 1),
                F.adaptive_avg_pool2d(x, 8),
                F.dropout(x, 0.1, False),
                F.pad(x, (0, 0)),
            ],
            1,
        )
        a = torch.cat(
            [
                x,
                x.repeat(1, 1, 1, 1),
                x.expand(1, 4, 8, 8),
                x.view(1, 4, 8, 8),
                x.permute(0, 1, 3, 2),
                torch.flip(x, (2,)),
                x.clone(),
                x.detach(),
                x.contiguous(),
                x.squeeze(),
                x.to("cpu"),
            ][:9],
            1,
        )
        b = x if x.shape[0] > 5 else x.flip(1)
        a = torch.cat([b, x], 1)
        l = [x]
        for i in range(3):
            l.append(self.mp(l[-1]))
        a = torch.cat(l, 1)
        a = torch.cat([x.mean((2, 3), keepdim=True), x.mean((2, 3), keepdim=True)], 1)
        a = torch.cat((x.reshape(1, 4, -1), x.flatten(2)), 1)
        a = torch.cat((x[:, None], x.unsqueeze(1)), 1)
        a = torch.cat([torch.max(x, 1, keepdim=True)[0], x], 1)
        a = torch.cat([x.relu(), x], 1)  # QL201
        a = torch.cat([torch.clamp(x, 0, 1), x], 1)
        return self.dq(a)


def make():
    return Net(), (torch.rand(1, 4, 8, 8),)
