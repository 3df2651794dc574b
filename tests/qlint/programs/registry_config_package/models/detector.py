import torch.nn as nn
from torch.ao.quantization import QuantStub, DeQuantStub
from .registry import build_backbone, build_neck


class Detector(nn.Module):
    def __init__(self, backbone, neck=None):
        super().__init__()
        self.backbone = build_backbone(backbone)
        if neck is not None:
            self.neck = build_neck(neck)
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    @property
    def with_neck(self):
        return hasattr(self, "neck") and self.neck is not None

    def extract_feat(self, img):
        x = self.backbone(img)
        if self.with_neck:
            x = self.neck(x)
        return x

    def forward(self, img):
        x = self.extract_feat(self.quant(img))
        return [self.dequant(i) * 2 for i in x]
