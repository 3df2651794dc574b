"""The memory format of what converted layers put out, as torch has it on each engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub, convert, default_qconfig, prepare

from qlint.semantics import memory_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ENGINES = [each for each in torch.backends.quantized.supported_engines if each != "none"]
_SHAPES = {1: (2, 3, 16), 2: (2, 3, 8, 8), 3: (2, 3, 4, 4, 4)}
_ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "BatchNorm2d": (8,),
    "MaxPool1d": (2,),
    "MaxPool2d": (2,),
    "AvgPool1d": (2,),
    "AvgPool2d": (2,),
    "AdaptiveAvgPool1d": (2,),
    "AdaptiveAvgPool2d": (2,),
    "AdaptiveAvgPool3d": (2,),
    "AvgPool3d": (2,),
    "MaxPool3d": (2,),
    "BatchNorm3d": (8,),
    "Upsample": (None, 2),
    "UpsamplingNearest2d": (None, 2),
    "UpsamplingBilinear2d": (None, 2),
    "ZeroPad2d": (1,),
}
_FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": torch.relu,
    "relu_": torch.relu_,
    "leaky_relu": nn.functional.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "max_pool2d": lambda x: nn.functional.max_pool2d(x, 2),
    "avg_pool2d": lambda x: nn.functional.avg_pool2d(x, 2),
    "adaptive_avg_pool2d": lambda x: nn.functional.adaptive_avg_pool2d(x, 2),
    "dropout": lambda x: nn.functional.dropout(x, 0.5, training=False),
    "dropout2d": lambda x: nn.functional.dropout2d(x, 0.5, training=False),
    "interpolate": lambda x: nn.functional.interpolate(x, scale_factor=2),
    "pad": lambda x: nn.functional.pad(x, (1, 1)),
    "max_pool1d": lambda x: nn.functional.max_pool1d(x, 2),
    "max_pool3d": lambda x: nn.functional.max_pool3d(x, 2),
    "detach": torch.Tensor.detach,
    "to": lambda x: x.to("cpu"),
    "cpu": torch.Tensor.cpu,
    "dequantize": torch.Tensor.dequantize,
}


class _Behind(nn.Module):
    """Something behind a convolution."""

    def __init__(self, dimensions: int, behind: Callable[..., torch.Tensor], channels: int) -> None:
        super().__init__()
        self.quant = QuantStub()
        self.conv = getattr(nn, f"Conv{dimensions}d")(3, channels, 1)
        self.behind = behind

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.behind(self.conv(self.quant(x)))


@pytest.fixture(params=_ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = request.param
    yield request.param
    torch.backends.quantized.engine = before


def _view_fails(dimensions: int, behind: Callable[..., torch.Tensor], channels: int = 8) -> bool:
    torch.manual_seed(0)
    model = _Behind(dimensions, behind, channels).eval()
    model.qconfig = default_qconfig  # type: ignore[assignment]
    prepared = prepare(model)
    inputs = torch.randn(_SHAPES[dimensions])
    prepared(inputs)
    is_pool = isinstance(behind, nn.MaxPool3d) or behind is _FUNCTIONS["max_pool3d"]
    if is_pool and torch.backends.quantized.engine == "qnnpack":
        pytest.skip("no kernel on this engine")
    made = convert(prepared)(inputs)
    try:
        made.view(made.size(0), -1)
    except RuntimeError:
        return True
    return False


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("dimensions", "name"),
    [(n, name.rpartition(".")[2]) for n in (1, 2, 3) for name in sorted(memory_format.MODULES[n])],
)
def test_modules_that_keep_the_format(dimensions: int, name: str) -> None:
    assert _view_fails(dimensions, getattr(nn, name)(*_ARGUMENTS.get(name, ())))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("dimensions", "name"),
    [(n, name) for n in (1, 2, 3) for name in sorted(memory_format.OPERATIONS[n])],
)
def test_operations_that_keep_the_format(dimensions: int, name: str) -> None:
    assert _view_fails(dimensions, _FUNCTIONS[name])


class _Functional(nn.Module):
    def __init__(self, method: str) -> None:
        super().__init__()
        self.functional = FloatFunctional()
        self.method = method

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.method == "cat":
            return self.functional.cat([x, x], 1)
        # Another operand in another format.
        other = 2.0 if self.method.endswith("scalar") else x.contiguous()
        made: torch.Tensor = getattr(self.functional, self.method)(x, other)
        return made


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("method", sorted({*memory_format.FUNCTIONAL, "cat"}))
def test_functionals_that_keep_the_format(method: str) -> None:
    assert _view_fails(2, _Functional(method))


class _Island(nn.Module):
    """A float island."""

    def __init__(self, inside: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.inside = inside

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.quant(self.inside(self.dequant(x)))
        return made


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", sorted(memory_format.FLOAT_MODULES))
def test_modules_that_keep_the_format_of_floats(name: str) -> None:
    short = name.rpartition(".")[2]
    inside = getattr(nn, short)(*(4, 8) if short == "GroupNorm" else ())
    inside.qconfig = None
    assert _view_fails(2, _Island(inside))


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", sorted(memory_format.FLOAT_OPERATIONS))
def test_operations_that_keep_the_format_of_floats(name: str) -> None:
    function = getattr(nn.functional, name, None) or getattr(torch, name)
    arguments = {"clamp": (0,), "pow": (2,), "group_norm": (4,)}.get(name, ())
    assert _view_fails(2, _Island(lambda x: function(x, *arguments)))


@pytest.mark.usefixtures("engine")
def test_one_channel_and_one_pixel_can_be_viewed() -> None:
    assert not _view_fails(2, nn.Identity(), channels=1)
    assert not _view_fails(2, nn.AdaptiveAvgPool2d(1))
    assert not _view_fails(2, torch.Tensor.contiguous)
    assert not _view_fails(1, nn.ReLU())
