"""Fixing a source and proving that its float model computes the same, and that int8 runs."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.ao import quantization

from qlint.config import Settings
from qlint.fixing import fix

if TYPE_CHECKING:
    from qlint.diagnostics import Diagnostic

ENGINE = "fbgemm" if "fbgemm" in torch.backends.quantized.supported_engines else "qnnpack"
HEAD = """\
import operator

import torch
from torch import nn
from torch.nn import functional as F
"""


@dataclass(frozen=True)
class Repaired:
    """A source before and after fixing, and the findings that are left."""

    before: str
    after: str
    left: list[Diagnostic]
    count: int

    @property
    def codes_left(self) -> list[str]:
        """The codes of the findings that are left."""
        return [each.code for each in self.left]

    @property
    def reasons(self) -> str:
        """Why those that are left have no fix."""
        return "\n".join(each.no_fix for each in self.left)


def repair(
    source: str,
    *,
    unsafe: bool = False,
    assume_quantized: bool = True,
    name: str = "model.py",
    extend_select: tuple[str, ...] = (),
) -> Repaired:
    """Fix a source that is not on disk; a second run must change nothing."""
    path = Path("/nowhere") / name
    settings = Settings(path.parent, assume_quantized=assume_quantized, extend_select=extend_select)
    done = fix([path], settings, {path: source.encode()}, unsafe=unsafe)
    after = done.after.get(path, source.encode()).decode()
    again = fix([path], settings, {path: after.encode()}, unsafe=unsafe)
    assert again.after.get(path, after.encode()).decode() == after
    fixable = [
        each
        for each in done.diagnostics
        if each.fix is not None and (unsafe or each.fix.applicability == "safe")
    ]
    assert fixable == []
    return Repaired(source, after, done.diagnostics, done.count)


def make(source: str, name: str = "Net") -> nn.Module:
    """An instance of a class of a source, in eval mode, with weights that are always the same."""
    names: dict[str, Any] = {"__name__": "made"}
    exec(compile(source, f"<{name}>", "exec"), names)
    torch.manual_seed(0)
    made = names[name]()
    assert isinstance(made, nn.Module)
    return made.eval()


def assert_same_float(
    repaired: Repaired, *inputs: torch.Tensor, name: str = "Net", train: bool = False
) -> None:
    """The float models before and after put out the very same bits, given the same weights."""
    before, after = make(repaired.before, name), make(repaired.after, name)
    weights = {
        key: torch.randn_like(value) if value.is_floating_point() else value
        for key, value in before.state_dict().items()
    }
    weights = {key: value.abs() if "var" in key else value for key, value in weights.items()}
    before.load_state_dict(weights)
    missing, unexpected = after.load_state_dict(weights, strict=False)
    assert not unexpected
    assert not missing
    outputs = []
    for model in (before, after):
        torch.manual_seed(1)
        with torch.no_grad():
            outputs.append(_flat(model.train(train)(*deepcopy(inputs))))
    assert len(outputs[0]) == len(outputs[1])
    for one, other in zip(*outputs, strict=True):
        assert torch.equal(one, other), "the float output has changed"


def run_int8(source: str, *inputs: torch.Tensor, name: str = "Net") -> list[torch.Tensor]:
    """What the model of a source puts out in int8: quantized inputs, calibrated, converted."""
    torch.backends.quantized.engine = ENGINE
    model = _Quantized(make(source, name)).eval()
    model.qconfig = quantization.get_default_qconfig(ENGINE)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        prepared = quantization.prepare(model)
        prepared(*deepcopy(inputs))
        return _flat(quantization.convert(prepared)(*inputs))


class _Quantized(nn.Module):
    """A model that gets quantized tensors; what it returns may be any container of tensors."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.quant = quantization.QuantStub()
        self.model = model

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.model(*(self.quant(each) for each in inputs))


def _flat(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value.dequantize() if value.is_quantized else value.clone()]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for each in value for tensor in _flat(each)]
