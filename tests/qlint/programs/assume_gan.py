import torch, torch.nn as nn, torch.nn.functional as F
from torch.ao.quantization import QuantStub, DeQuantStub
from torch.ao.nn.quantized import FloatFunctional


# mode: assume
class Gen(nn.Module):
    def __init__(self, z=4):
        super().__init__()
        self.fc = nn.Linear(z, 16)
        self.bn = nn.BatchNorm2d(4)
        self.c1 = nn.Conv2d(4, 4, 3, 1, 1)
        self.c2 = nn.Conv2d(4, 3, 3, 1, 1)
        self.register_buffer("noise", torch.randn(1, 4, 4, 4))
        self.w = nn.Parameter(torch.zeros(1))

    def forward(self, z):
        x = self.fc(z).view(z.size(0), 4, 2, 2)
        x = F.interpolate(x, scale_factor=2)
        x = self.c1(x) + self.noise * self.w  # QL101
        x = F.relu(self.bn(x))  # QL201
        return torch.tanh(self.c2(x))


class Disc(nn.Module):
    def __init__(self):
        super().__init__()
        self.main = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 2))

    def forward(self, x):
        return self.main(x).view(-1, 1).squeeze(1)


def gradient_penalty(D, real, fake):
    a = torch.rand(real.size(0), 1, 1, 1)
    inter = (a * real + (1 - a) * fake).requires_grad_(True)
    d = D(inter)
    g = torch.autograd.grad(d.sum(), inter, create_graph=True)[0]
    return ((g.norm(2, 1) - 1) ** 2).mean()


def train(loader):
    G, D = Gen(), Disc()
    for real, _ in loader:
        fake = G(torch.randn(4, 4))
        lossD = D(fake.detach()).mean() - D(real).mean() + 10 * gradient_penalty(D, real, fake)
        lossG = -D(fake).mean() * 1.0


def make():
    return Gen(), (torch.rand(2, 4),)
