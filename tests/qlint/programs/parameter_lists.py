"""Lists and dicts of parameters: their items are float tensors, they are no layers."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()
        self.layers = nn.ModuleList([])
        self.scales = nn.ParameterList([])
        for _ in range(4):
            self.layers.append(nn.Linear(8, 8))
            self.scales.append(nn.Parameter(torch.ones(8)))
        self.offsets = nn.ParameterDict({"first": torch.ones(8)})
        self.offsets["second"] = torch.ones(8)

    def forward(self, x):
        y = self.scales[0] + self.offsets["second"]
        x = self.quant(x)
        for layer, scale in zip(self.layers, self.scales):
            x = layer(x) * scale  # QL103
        for offset in self.offsets.values():
            x = x + offset  # QL101
        return self.dequant(x) * y
