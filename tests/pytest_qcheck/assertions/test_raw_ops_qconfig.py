"""assert_no_raw_ops: which int8 model is run for a float one, with the qconfigs that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
import torch.ao.nn.quantized as nnq
import torch.ao.quantization as tq
from models import Between, batch, ptq, seeded
from torch import nn

import pytest_qcheck as q
from pytest_qcheck.int8_run import find_raw_ops

if TYPE_CHECKING:
    from collections.abc import Callable


class Words(nn.Module):
    """An embedding, with its own qconfig or none, before what is quantized."""

    def __init__(self, *, raw: bool = False, bag: bool = False, own: bool = True) -> None:
        super().__init__()
        self.embedding = nn.EmbeddingBag(10, 4, mode="sum") if bag else nn.Embedding(10, 4)
        if own:
            self.embedding.qconfig = tq.float_qparams_weight_only_qconfig
        self.quant, self.dequant = tq.QuantStub(), tq.DeQuantStub()
        self.fc = nn.Linear(4, 4)
        self.raw = raw

    def forward(self, *args: torch.Tensor) -> torch.Tensor:
        x = self.quant(self.embedding(*args))
        return self.dequant(self.fc(x) + x if self.raw else self.fc(x))


WORDS = torch.tensor([[1, 2], [3, 4]])
BAGS = (torch.tensor([1, 2, 3, 4]), torch.tensor([0, 2]), torch.rand(4))


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("top", [True, False])
def test_embeddings(own: bool, top: bool) -> None:
    for raw in (False, True):
        model = Words(raw=raw, own=own)
        if top:
            model.qconfig = tq.get_default_qconfig("x86")
        if top and not own:
            with pytest.raises(AssertionError, match=r"convert fails on Words: .*float_qparams"):
                find_raw_ops(model, WORDS)
        else:
            assert [op.name for op in find_raw_ops(model, WORDS)] == (["add"] if raw else [])


def test_weights_of_a_bag_stay_float() -> None:
    model = Words(bag=True).eval()
    model.qconfig = tq.get_default_qconfig("x86")
    prepared = tq.prepare(model)
    prepared(*BAGS)
    for each in (model, prepared, tq.convert(prepared)):
        q.assert_no_raw_ops(each, BAGS)


def _chain(m: Between, x: torch.Tensor) -> torch.Tensor:
    return m.other(m.conv(x))


GIVEN: dict[str, tuple[Callable[[nn.Module], None], list[str]]] = {
    "none": (lambda m: None, []),
    "none on top": (lambda m: setattr(m, "qconfig", None), []),
    "a layer": (lambda m: setattr(m.conv, "qconfig", tq.default_per_channel_qconfig), []),
    "a stub": (lambda m: setattr(m.quant, "qconfig", tq.default_qconfig), []),
    "a stub and a layer": (
        lambda m: [setattr(each, "qconfig", tq.default_qconfig) for each in (m.quant, m.conv)],
        ["conv2d"],
    ),
    "all but one": (
        lambda m: [setattr(m, "qconfig", tq.default_qconfig), setattr(m.other, "qconfig", None)],
        ["conv2d"],
    ),
}


@pytest.mark.parametrize("name", GIVEN)
def test_given_qconfigs(name: str) -> None:
    give, names = GIVEN[name]
    model = seeded(lambda: Between(_chain))
    give(model)
    assert [op.name for op in find_raw_ops(model, batch())] == names


def test_a_given_qconfig_can_make_cat_right() -> None:
    model = seeded(lambda: Between(lambda m, x: torch.cat([m.conv(x), x], 1)))
    assert [op.name for op in find_raw_ops(model, batch())] == ["cat"]
    model.qconfig = tq.QConfig(
        activation=tq.FixedQParamsObserver.with_args(
            scale=1 / 64, zero_point=128, dtype=torch.quint8, quant_min=0, quant_max=255
        ),
        weight=tq.default_weight_observer,
    )
    assert find_raw_ops(model, batch()) == []


def test_a_stub_that_is_switched_off() -> None:
    model = seeded(lambda: Between(_chain))
    model.quant.qconfig = None
    with pytest.raises(ValueError, match=r"no QuantStub of Between has a qconfig"):
        q.assert_no_raw_ops(model, batch())


def test_a_stub_that_is_never_called() -> None:
    model = seeded(lambda: Between(_chain))
    model.forward = lambda x: model.other(model.conv(x))
    with pytest.raises(ValueError, match="Between calls no QuantStub on these inputs"):
        q.assert_no_raw_ops(model, batch())


class RecurrentTail(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.quant, self.dequant = tq.QuantStub(), tq.DeQuantStub()
        self.fc, self.tail = nn.Linear(12, 12), nn.GRU(12, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.tail(self.dequant(self.fc(self.quant(x[:, 0]))))[0]


def test_a_recurrent_layer_that_cannot_be_calibrated() -> None:
    q.assert_no_raw_ops(RecurrentTail(), batch())
    model = RecurrentTail()
    model.qconfig = tq.default_qconfig
    with pytest.raises(AssertionError, match="GRU        tail       calibration fails") as failure:
        q.assert_no_raw_ops(model, batch())
    assert "keep GRU float: `qconfig = None` for it" in str(failure.value)
    with pytest.raises(AttributeError):
        tq.prepare(model.eval())(batch())
    model.tail.qconfig = None
    q.assert_no_raw_ops(model, batch())


class DynamicTail(nn.Module):
    def __init__(self, *, raw: bool = False) -> None:
        super().__init__()
        self.quant, self.dequant = tq.QuantStub(), tq.DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.tail = nnq.dynamic.Linear(12, 4)
        self.raw = raw

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(self.quant(x))
        return self.tail(self.dequant(x + x if self.raw else x))


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("convert", [False, True])
def test_dynamic_layers_are_float_layers(raw: bool, convert: bool) -> None:
    model = DynamicTail(raw=raw).eval()
    if convert:
        model.raw = False
        model.qconfig = tq.default_qconfig
        model = tq.prepare(model)
        model(batch())
        model = tq.convert(model)
        model.raw = raw
    assert [op.name for op in find_raw_ops(model, batch())] == (["add"] if raw else [])


def test_a_failing_conversion_is_one_screen() -> None:
    prepared = ptq()
    prepared.fc.qconfig = tq.QConfig(
        activation=tq.default_observer, weight=tq.MinMaxObserver.with_args(dtype=torch.quint8)
    )
    with pytest.raises(AssertionError, match="convert fails on Net: AssertionError: "):
        q.assert_no_raw_ops(prepared, batch())


def test_a_prepared_model_that_fails_where_the_model_runs() -> None:
    class Picky(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            assert not hasattr(self.neighbour, "activation_post_process")
            return x

    model = seeded(lambda: Between(_chain))
    model.code = lambda m, x: m.picky(x)
    model.picky = Picky()
    object.__setattr__(model.picky, "neighbour", model.conv)
    with pytest.raises(AssertionError, match="The prepared model fails on these inputs") as failure:
        q.assert_no_raw_ops(model, batch())
    assert "eval mode" not in str(failure.value)
