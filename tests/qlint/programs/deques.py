"""Deques, slices of lists that are assigned to, and dicts that give away their last item."""

from collections import OrderedDict, deque

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.a = nn.Conv2d(3, 3, 1)
        self.b = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.dequant(self.quant(x))
        x = self.quant(x)
        waiting = deque([self.a(x)], maxlen=3)
        waiting.append(self.b(x))
        z = waiting.popleft() + waiting.pop()  # QL101
        waiting.extend([x, z])
        w = torch.cat(list(waiting))  # QL106
        waiting.appendleft(y)
        a = waiting[0] * 2
        b = waiting[1] * 2  # QL107
        last = deque(maxlen=1)
        for each in (x, y):
            last.append(each)
        for each in last:
            a = a + each * 2
        waiting.rotate(1)
        b = waiting[1] * 2

        kept = [x, x, y]
        kept[:] = [y, y]
        c = kept[0] * 2
        kept[1:] = (x, y)
        d = kept[1] * 2  # QL107
        c = c + kept[2] * 2

        named = OrderedDict(x=x, y=y)
        name, value = named.popitem()
        c = c + value * 2
        _, value = named.popitem(last=False)
        d = value * 2  # QL107
        return a, b, c, d, w, len(named)


class Features(list):
    def joined(self):
        return torch.cat(self, 1)  # QL106


class Lists(Net):
    def forward(self, x):
        x = self.quant(x)
        return Features([self.a(x), self.b(x)]).joined()
