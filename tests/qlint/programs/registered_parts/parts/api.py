from dataclasses import dataclass

from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub

from .registry import BACKBONES


@dataclass
class Config:
    backbone: str = "Small"


class Net(nn.Module):
    def __init__(self, config: Config):
        super().__init__()
        self.backbone = BACKBONES.build(config.backbone)
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        return self.dequant(self.backbone(self.quant(x)))
