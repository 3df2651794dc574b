"""Tensors and layers that go through the functions of itertools."""

import itertools
from itertools import chain, islice

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.convs = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(4))

    def forward(self, x):
        x = self.quant(x)
        outs = [conv(x) for conv in self.convs]
        for a, b in itertools.pairwise(outs):
            a + b  # QL101
        for a, b in itertools.zip_longest(outs, outs[1:], fillvalue=outs[0]):
            a - b  # QL102
        for a, b in itertools.combinations(outs, 2):
            a * b  # QL103
        for a, b in itertools.product(outs, outs):
            a / b  # QL104
        first = list(islice(outs, 1))
        alone = torch.cat(first)
        list(itertools.accumulate(outs))  # QL101
        list(itertools.accumulate(outs, lambda a, b: a @ b))  # QL105
        list(itertools.starmap(lambda a, b: torch.cat([a, b]), [(outs[0], outs[1])]))  # QL106
        for out in chain.from_iterable([outs[:1], outs[1:]]):
            -out  # QL108
        for count, out in zip(itertools.count(), outs):
            count + 1, self.dequant(out) + 1
        for number, *_ in itertools.product(range(2), range(2)):
            number * 2
        return self.dequant(alone)


class Trimmed(nn.Module):
    """Layers of which none was seen, and perhaps none is left."""

    def __init__(self, first):
        super().__init__()
        self.quant = QuantStub()
        layers = []
        del layers[first]
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        x = self.quant(x)
        for _number, layer in enumerate(self.layers):
            x = layer(x)
        return x + x  # QL101
