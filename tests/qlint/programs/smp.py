import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


class DecoderBlock(nn.Module):
    def __init__(self, i, s, o):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(i + s, o, 3, padding=1), nn.ReLU())

    def forward(self, x, skip=None):
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        if skip is not None:
            x = torch.cat([x, skip], dim=1)  # QL106
        return self.conv1(x)


class Decoder(nn.Module):
    def __init__(self, enc, dec):
        super().__init__()
        enc = enc[1:][::-1]
        head = enc[0]
        ins = [head] + list(dec[:-1])
        skips = list(enc[1:]) + [0]
        self.blocks = nn.ModuleList([DecoderBlock(i, s, o) for i, s, o in zip(ins, skips, dec)])

    def forward(self, *features):
        features = features[1:]
        features = features[::-1]
        head = features[0]
        skips = features[1:]
        x = head
        for i, b in enumerate(self.blocks):
            skip = skips[i] if i < len(skips) else None
            x = b(x, skip)
        return x


class Enc(nn.Module):
    def __init__(self):
        super().__init__()
        self.s = nn.ModuleList([nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 8, 3, 2, 1)])

    def get_stages(self):
        return [nn.Identity(), self.s[0], self.s[1]]

    def forward(self, x):
        stages = self.get_stages()
        features = []
        for i in range(len(stages)):
            x = stages[i](x)
            features.append(x)
        return features


class SegModel(nn.Module):
    def forward(self, x):
        features = self.encoder(x)
        out = self.decoder(*features)
        return self.dq(self.head(out))


class Unet(SegModel):
    def __init__(self):
        super().__init__()
        self.encoder = Enc()
        self.decoder = Decoder((3, 4, 8), (8, 4))
        self.head = nn.Conv2d(4, 2, 3, padding=1)
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        return super().forward(self.q(x))


class UNetPop(nn.Module):
    def __init__(self):
        super().__init__()
        self.downs = nn.ModuleList()
        self.ups = nn.ModuleList()
        self.pool = nn.MaxPool2d(2)
        for f in [4, 8]:
            self.downs.append(nn.Conv2d(3 if f == 4 else f // 2, f, 3, padding=1))
        for f in reversed([4, 8]):
            self.ups.append(nn.Upsample(scale_factor=2))
            self.ups.append(nn.Conv2d(f * 2, f // 2, 3, padding=1))
        self.q = QuantStub()
        self.dq = DeQuantStub()

    def forward(self, x):
        x = self.q(x)
        skips = []
        for d in self.downs:
            x = d(x)
            skips.append(x)
            x = self.pool(x)
        skips = skips[::-1]
        for i in range(0, len(self.ups), 2):
            x = self.ups[i](x)
            s = skips[i // 2]
            if x.shape != s.shape:
                x = F.interpolate(x, size=s.shape[2:])
            x = self.ups[i + 1](torch.cat((s, x), dim=1))  # QL106
        while skips:
            t = skips.pop()
        return self.dq(x), self.dq(t)


def make():
    return Unet(), (torch.rand(1, 3, 16, 16),)
