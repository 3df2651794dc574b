"""assert_no_raw_ops: what fails or is wrong between the stubs, in every stage of a model."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
import torch.ao.quantization as tq
from models import Between, Block, Net, TwoReluBlock, batch, ptq, qat, seeded
from torch import nn

import pytest_qcheck as q
from pytest_qcheck.int8_run import find_raw_ops

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES = [each for each in torch.backends.quantized.supported_engines if each != "none"]


RAW = {
    "add": lambda m, x: m.conv(x) + x,
    "add in place": lambda m, x: m.conv(x).add_(x),
    "scalar": lambda m, x: m.conv(x) * 2,
    "cat": lambda m, x: torch.cat([m.conv(x), x], 1),
    "stack": lambda m, x: torch.stack([m.conv(x), x]),
    "mean of everything": lambda m, x: x.mean(),
    "activation": lambda m, x: nn.functional.silu(x),
    "module": lambda m, x: m.silu(x),
    "softmax": lambda m, x: m.conv(x).softmax(1),
    "cast": lambda m, x: x.float(),
    "view of channels last": lambda m, x: m.conv(x).view(x.size(0), -1),
    "float weight": lambda m, x: nn.functional.conv2d(x, m.conv.weight),
}
FINE = {
    "FloatFunctional": lambda m, x: m.functional.add(m.conv(x), x),
    "cat of one grid": lambda m, x: torch.cat([x, x.relu(), x.flip(1)], 1),
    "functional cat": lambda m, x: m.functional.cat([m.conv(x), x], 1),
    "mean over dimensions": lambda m, x: x.mean((2, 3)),
    "relu": lambda m, x: nn.functional.relu(m.conv(x)),
    "swapped module": lambda m, x: m.hardswish(x),
    "flatten": lambda m, x: m.conv(x).flatten(1),
    "sizes": lambda m, x: x[:, : x.size(1) // 2 + 1],
    "float island": lambda m, x: m.quant(nn.functional.silu(m.dequant(x)) + 1),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", RAW)
def test_raw(name: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.quantized, "engine", engine)
    with pytest.raises(AssertionError, match="1 raw operation between the stubs of Between"):
        q.assert_no_raw_ops(seeded(lambda: Between(RAW[name])), batch())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", FINE)
def test_fine(name: str, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.quantized, "engine", engine)
    q.assert_no_raw_ops(seeded(lambda: Between(FINE[name])), batch())


STAGES: dict[str, Callable[[nn.Module], nn.Module]] = {
    "float": lambda model: model,
    "float in training": lambda model: model.train(),
    "prepared": lambda model: tq.prepare(_with(model, tq.get_default_qconfig("x86"))),
    "prepared for QAT": lambda model: tq.prepare_qat(
        _with(model, tq.get_default_qat_qconfig("x86")).train()
    ),
    "converted": lambda model: tq.convert(
        _calibrated(tq.prepare(_with(model, tq.get_default_qconfig("x86"))))
    ),
}


def _with(model: nn.Module, qconfig: tq.QConfig) -> nn.Module:
    model.qconfig = qconfig
    return model.eval()


def _calibrated(model: nn.Module) -> nn.Module:
    model.code = FINE["FloatFunctional"]
    model(batch())
    model.code = RAW["add"]
    return model


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_shows_the_line(stage: str) -> None:
    model = STAGES[stage](seeded(lambda: Between(RAW["add"])))
    (found,) = find_raw_ops(model, batch())
    assert found.name == "add"
    assert Path(found.file) == Path(__file__)
    assert "m.conv(x) + x" in Path(__file__).read_text().splitlines()[found.line - 1]
    assert found.outcome == "fails"
    assert "kernel" in found.reason or "not supported on quantized" in found.reason


@pytest.mark.parametrize("make", [lambda: seeded(Net), ptq, qat, lambda: tq.convert(ptq())])
def test_healthy_model(make: Callable[[], nn.Module]) -> None:
    q.assert_no_raw_ops(make(), batch())


@pytest.mark.parametrize("make", [Block, TwoReluBlock])
def test_the_articles_block_adds(make: type[nn.Module]) -> None:
    with pytest.raises(AssertionError) as failure:
        q.assert_no_raw_ops(tq.QuantWrapper(seeded(make)), batch())
    message = str(failure.value)
    assert "1 raw operation between the stubs of QuantWrapper: 1 fails on int8 tensors." in message
    assert "models.py:" in message
    assert "FloatFunctional" in message


def test_all_operations_are_shown_at_once() -> None:
    def forward(m: Between, x: torch.Tensor) -> torch.Tensor:
        y = m.conv(x) + x
        y = torch.cat([x, y], 1)[:, :3]
        return m.silu(y) * 2

    model = seeded(lambda: Between(forward))
    first = forward.__code__.co_firstlineno
    found = find_raw_ops(model, batch())
    assert [(op.name, op.line - first, op.module, op.outcome) for op in found] == [
        ("add", 1, "", "fails"),
        ("cat", 2, "", "wrong"),
        ("silu", 3, "silu", "fails"),
        ("mul", 3, "", "fails"),
    ]


def test_operations_in_torchs_own_modules_name_the_module() -> None:
    model = nn.Sequential(tq.QuantStub(), nn.Sequential(nn.Conv2d(3, 3, 1), nn.Mish()))
    with pytest.raises(AssertionError, match=r"\(torch\) +mish +1\.1"):
        q.assert_no_raw_ops(model, batch())


def test_ignore_names_modules() -> None:
    model = seeded(lambda: Between(RAW["module"]))
    q.assert_no_raw_ops(model, batch(), ignore="silu")
    with pytest.raises(ValueError, match="did you mean 'silu'"):
        q.assert_no_raw_ops(model, batch(), ignore="silo")


def test_a_layer_without_qconfig_is_a_raw_operation() -> None:
    model = seeded(lambda: Between(lambda m, x: m.other(m.conv(x))))
    model.qconfig = tq.get_default_qconfig("x86")
    model.other.qconfig = None
    prepared = tq.prepare(model.eval())
    (found,) = find_raw_ops(prepared, batch())
    assert (found.name, found.module) == ("conv2d", "other")


def test_a_derived_layer_is_not_swapped() -> None:
    class Derived(nn.LayerNorm):
        pass

    model = seeded(lambda: Between(lambda m, x: m.silu(x)))
    model.silu = Derived(model.conv(batch()).shape[-1])
    (found,) = find_raw_ops(model, batch())
    assert (found.name, found.module) == ("layer_norm", "silu")


def test_weight_taken_from_a_layer() -> None:
    model = seeded(lambda: Between(RAW["float weight"]))
    assert [op.name for op in find_raw_ops(model, batch())] == ["conv2d"]


def test_without_stubs_nothing_would_be_checked() -> None:
    for model in (seeded(Block), tq.prepare(_with(seeded(Block), tq.get_default_qconfig("x86")))):
        with pytest.raises(ValueError, match=r"Block has no QuantStub.*QuantWrapper"):
            q.assert_no_raw_ops(model, batch())


def test_wrong_arguments() -> None:
    with pytest.raises(TypeError, match=r"torch\.nn\.Module"):
        q.assert_no_raw_ops("model", batch())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="inputs must be"):
        q.assert_no_raw_ops(seeded(Net), [batch()])


def test_a_graph_model_may_use_any_operator() -> None:
    model = copy.deepcopy(seeded(TwoReluBlock)).eval()
    q.assert_no_raw_ops(torch.fx.symbolic_trace(model), batch())


def test_fixture_records(qcheck: q.QCheck) -> None:
    qcheck.assert_no_raw_ops(seeded(Net), batch())
    with pytest.raises(AssertionError):
        qcheck.assert_no_raw_ops(tq.QuantWrapper(seeded(Block)), batch())
    assert [each.outcome for each in qcheck.results] == ["passed", "failed"]


@pytest.mark.parametrize("batch_first", [True, False])
def test_attention_that_mixes_up_its_heads(batch_first: bool) -> None:
    class Attend(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=batch_first)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.attention(x, x, x, need_weights=False)[0]

    model = tq.QuantWrapper(Attend())
    if not batch_first:
        q.assert_no_raw_ops(model, torch.randn(3, 5, 8))
        return
    with pytest.raises(AssertionError, match="mixes up the heads"):
        q.assert_no_raw_ops(model, torch.randn(3, 5, 8))
