"""Embeddings in prepared models: convert takes one kind of qconfig for them only."""

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, convert, get_default_qconfig, prepare


class Own(nn.Embedding):
    """Convert leaves derived classes as they are."""


class Body(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.linear = nn.Linear(4, 4)

    def forward(self, x):
        return self.dequant(self.linear(self.quant(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.floating = nn.Embedding(10, 4)
        self.floating.qconfig = None
        self.own = Own(10, 4)
        self.bags = nn.ModuleList([nn.EmbeddingBag(10, 4)])
        self.body = Body()

    def forward(self, ids):
        x = self.words(ids)  # QL109
        x = x + self.floating(ids) + self.own(ids)
        for bag in self.bags:
            x = x + bag(ids)  # QL109
        return self.body(x)


class Around(nn.Module):
    """Only the body is prepared, or has a qconfig."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 4)
        self.body = Body()

    def forward(self, ids):
        return self.body(self.words(ids))


net = Net()
net.qconfig = get_default_qconfig("x86")
prepared = prepare(net)
convert(prepared)

around = Around()
around.body.qconfig = get_default_qconfig("x86")
prepare(around.body, inplace=True)


partly = Around()
partly.body.qconfig = get_default_qconfig("x86")
prepare(partly, inplace=True)
