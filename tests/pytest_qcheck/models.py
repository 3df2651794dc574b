"""Models for the tests: small, real layers, healthy and broken."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

import torch
import torch.ao.quantization as tq
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization._learnable_fake_quantize import _LearnableFakeQuantize

if TYPE_CHECKING:
    from collections.abc import Callable


class Block(nn.Module):
    """The article's example: one ReLU at two places."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3, padding=1)
        self.conv2 = nn.Conv2d(5, 5, 3, padding=1)
        self.relu = nn.ReLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x1 = self.relu(self.conv1(x))
        x2 = self.conv2(x1)
        return self.relu(x1 + x2)


class TwoReluBlock(nn.Module):
    """The same with a ReLU for each place, and a user's own Identity."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 5, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(5, 5, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.shortcut = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x1 = self.relu1(self.conv1(x))
        return self.relu2(self.shortcut(x1) + self.conv2(x1))


class Net(nn.Module):
    """Two conv-bn-relu with a residual addition, and a linear layer, between stubs."""

    def __init__(self) -> None:
        super().__init__()
        self.quant, self.dequant = tq.QuantStub(), tq.DeQuantStub()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.bn1, self.relu1 = nn.BatchNorm2d(8), nn.ReLU()
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.bn2, self.relu2 = nn.BatchNorm2d(8), nn.ReLU()
        self.skip = FloatFunctional()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu1(self.bn1(self.conv1(self.quant(x))))
        x = self.skip.add(x, self.relu2(self.bn2(self.conv2(x))))
        x = torch.flatten(self.pool(x), 1)
        return self.dequant(self.fc(x))


class Between(nn.Module):
    """Some code between stubs."""

    def __init__(self, forward: Callable[[Between, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.quant, self.dequant = tq.QuantStub(), tq.DeQuantStub()
        self.conv, self.other = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.silu, self.hardswish = nn.SiLU(), nn.Hardswish()
        self.functional = FloatFunctional()
        self.code = forward

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dequant(self.code(self, self.quant(x)))


GROUPS = [["conv1", "bn1", "relu1"], ["conv2", "bn2", "relu2"]]
ENGINES = ("x86", "fbgemm", "qnnpack")


def batch(seed: int = 0, size: int = 4) -> torch.Tensor:
    """Images of shape [size, 3, 12, 12]."""
    return torch.rand(size, 3, 12, 12, generator=torch.Generator().manual_seed(seed))


def seeded(cls: type[nn.Module]) -> nn.Module:
    """A model with always the same weights, its batch norms with real statistics."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = cls()
        model.train()
        with torch.no_grad():
            model(batch(1, 16))
    return model.eval()


def ptq(engine: str = "x86", *, calibrate: bool = True) -> nn.Module:
    """A fused Net prepared for PTQ, calibrated on `batch()`."""
    model = tq.fuse_modules(seeded(Net), GROUPS)
    model.qconfig = tq.get_default_qconfig(engine)
    prepared: nn.Module = tq.prepare(model)
    if calibrate:
        with torch.no_grad():
            prepared(batch())
    return prepared


def qat(engine: str = "x86", *, qconfig: Any = None, train: bool = True) -> nn.Module:
    """A fused Net prepared for QAT; its observers have seen `batch()` and are off."""
    model = tq.fuse_modules_qat(seeded(Net).train(), GROUPS)
    model.qconfig = qconfig or tq.get_default_qat_qconfig(engine)
    prepared: nn.Module = tq.prepare_qat(model)
    if train:
        with torch.no_grad():
            prepared(batch())
        prepared.apply(tq.disable_observer)
    return prepared


def learnable_qconfig() -> Any:
    """A qconfig whose qparams are trained."""
    activation = _LearnableFakeQuantize.with_args(
        observer=tq.MovingAverageMinMaxObserver,
        quant_min=0,
        quant_max=255,
        dtype=torch.quint8,
        qscheme=torch.per_tensor_affine,
        scale=0.1,
        zero_point=0.0,
        use_grad_scaling=True,
    )
    weight = tq.default_weight_fake_quant
    return tq.QConfig(activation=activation, weight=weight)


def fingerprint(model: nn.Module) -> dict[str, Any]:
    """Everything that an assertion must leave as it was."""
    return {
        "state": copy.deepcopy(model.state_dict()),
        "modes": {name: module.training for name, module in model.named_modules()},
        "hooks": {
            name: (len(module._forward_hooks), len(module._forward_pre_hooks))
            for name, module in model.named_modules()
        },
        "attributes": {name: sorted(vars(module)) for name, module in model.named_modules()},
        "grad": {name: each.requires_grad for name, each in model.named_parameters()},
        "grads": {name: each.grad is None for name, each in model.named_parameters()},
        "rng": torch.get_rng_state(),
        "python rng": random.getstate(),
        "engine": torch.backends.quantized.engine,
        "grad mode": torch.is_grad_enabled(),
    }


def same(one: Any, other: Any) -> bool:
    """Whether two fingerprints, or parts of them, are equal."""
    if isinstance(one, torch.Tensor):
        return (
            bool(torch.equal(one, other))
            if not one.is_quantized
            else bool(torch.equal(one.dequantize(), other.dequantize()))
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple) and any(isinstance(each, torch.Tensor) for each in one):
        return all(same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)
