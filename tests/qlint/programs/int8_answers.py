"""Questions to which int8 tensors always give the same answer."""

import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.dequant = DeQuantStub()

    def forward(self, x):
        x = self.quant(x)
        if x.requires_grad or x.is_cuda or x.is_sparse or x.is_mps or x.is_meta:
            x = x + x
        if x.is_floating_point() or torch.is_floating_point(x) or x.is_complex():
            x = x + x
        if x.dtype.is_floating_point or x.type() == "torch.FloatTensor" or x.grad_fn is not None:
            x = x + x
        if x.device.type == "cuda" or x.device.type != "cpu":
            x = x + x
        if x.device != torch.device("cpu") or str(x.device) != "cpu" or x.get_device() >= 0:
            x = x + x
        if x.device in (torch.device("cuda"), torch.device("cuda", 0)) or x.device.index == 0:
            x = x + x
        if str(x.device).startswith("cuda") or x.is_shared() or x.grad is not None:
            x = x + x
        if torch.is_autocast_enabled() or torch._C._get_tracing_state() is not None:
            x = x + x
        if x.is_cpu and not x.requires_grad and x.device.type == "cpu":
            x = x + 1  # QL107
        y = self.dequant(x)
        if y.device == x.device == torch.device("cpu") and x.element_size() == 1:
            x = x + 1  # QL107
        if x.device == "cpu":  # a device is equal to no text
            x = x + x
        if y.is_floating_point():
            x = x + 1  # QL107
        if y.requires_grad:
            x = x + 1  # QL107
        return self.dequant(x)
