"""assert_no_raw_ops: what runs on int8 tensors without an error and is wrong, and what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from models import Between, batch, seeded
from torch import nn
from torch.nn import functional

import pytest_qcheck as q
from pytest_qcheck.int8_run import find_raw_ops

if TYPE_CHECKING:
    from collections.abc import Callable

    Code = Callable[[Between, torch.Tensor], torch.Tensor]


def _assign(m: Between, x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, :1] = m.conv(x)[:, :1]
    return y


def _assign_all(m: Between, x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:] = m.conv(x)
    return y


def _assign_own(m: Between, x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, :1] = x[:, 1:2]
    y[0] = x[0, 0, 0, 0]
    y[1] = 0.5
    return y


def _copy(m: Between, x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[0].copy_(m.conv(x)[0])
    return y


def _copy_all(m: Between, x: torch.Tensor) -> torch.Tensor:
    return x.clone().copy_(m.conv(x))


WRONG: dict[str, Code] = {
    "assigned": _assign,
    "copied into a part": _copy,
    "select_scatter": lambda m, x: torch.select_scatter(x, m.conv(x)[:, 0], 1, 0),
    "slice_scatter": lambda m, x: torch.slice_scatter(x, m.conv(x)[:, :1], 1, 0, 1),
    "cartesian_prod": lambda m, x: torch.cartesian_prod(x[0, 0, 0], m.conv(x)[0, 0, 0]),
    "cat overload": lambda m, x: torch.ops.aten.cat.default([m.conv(x), x], 1),
    "mean overload": lambda m, x: torch.ops.aten.mean.default(x),
    "mean over all dimensions": lambda m, x: x.mean((0, 1, 2, 3)),
    "mean over all, kept": lambda m, x: x.mean((0, 1, 2, 3), keepdim=True),
    "mean over a vector": lambda m, x: x.flatten().mean(0),
    "mean, dim=None": lambda m, x: x.mean(dim=None),
    "mask far away": lambda m, x: x.masked_fill(x > 0.5, -1e9),
    "mask infinite": lambda m, x: x.masked_fill(x > 0.5, torch.tensor(-float("inf"))),
    "padded far away": lambda m, x: functional.pad(x, (1, 1), value=-100.0),
    "padding module": lambda m, x: nn.ConstantPad2d(1, 50.0)(x),
}
RIGHT: dict[str, Code] = {
    "assigned as a whole": _assign_all,
    "assigned from its own grid": _assign_own,
    "copied as a whole": _copy_all,
    "select_scatter of one grid": lambda m, x: torch.select_scatter(x, x[:, 0], 1, 0),
    "cat overload of one grid": lambda m, x: torch.ops.aten.cat.default([x, x], 1),
    "mean over images": lambda m, x: x.mean(0, keepdim=True),
    "mean over pixels": lambda m, x: x.mean(dim=[2, 3], keepdim=True),
    "mask within the range": lambda m, x: x.masked_fill(x > 0.5, 0.0),
    "padded with zeros": lambda m, x: functional.pad(x, (1, 1)),
    "padded within the range": lambda m, x: functional.pad(x, (1, 1), value=0.25),
    "threshold": lambda m, x: functional.threshold(x, 0.1, 0.1),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    model = seeded(lambda: Between(WRONG[name]))
    (found,) = find_raw_ops(model, batch())
    assert found.outcome == "wrong"
    with pytest.raises(AssertionError, match="1 is silently wrong"):
        q.assert_no_raw_ops(model, batch())


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str) -> None:
    assert find_raw_ops(seeded(lambda: Between(RIGHT[name])), batch()) == []


IGNORED_BY_QNNPACK: dict[str, Code] = {
    "count_include_pad": lambda m, x: functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
    "its module": lambda m, x: nn.AvgPool2d(3, 1, 1, count_include_pad=False)(x),
    "divisor_override": lambda m, x: functional.avg_pool2d(x, 2, divisor_override=3),
    "dilation": lambda m, x: functional.max_pool2d(x, 3, dilation=2),
    "dilation's module": lambda m, x: nn.MaxPool2d(3, dilation=2)(x),
}


@pytest.mark.parametrize("name", IGNORED_BY_QNNPACK)
def test_arguments_that_qnnpack_ignores(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = seeded(lambda: Between(IGNORED_BY_QNNPACK[name]))
    assert find_raw_ops(model, batch()) == []
    monkeypatch.setattr(torch.backends.quantized, "engine", "qnnpack")
    (found,) = find_raw_ops(model, batch())
    assert found.reason.startswith("qnnpack ignores ")


@pytest.mark.parametrize(
    "code",
    [
        lambda m, x: functional.avg_pool2d(x, 3, 1, 1),
        lambda m, x: functional.avg_pool2d(x, 3, 1, count_include_pad=False),
        lambda m, x: functional.avg_pool2d(x, (2, 3), divisor_override=6),
        lambda m, x: functional.max_pool2d(x, 3, dilation=1, padding=1),
    ],
)
def test_arguments_that_qnnpack_honours(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.quantized, "engine", "qnnpack")
    assert find_raw_ops(seeded(lambda: Between(code)), batch()) == []


@pytest.mark.filterwarnings("error:All inputs of this cat operator")
def test_the_warning_of_cat_stays_inside(recwarn: pytest.WarningsRecorder) -> None:
    (found,) = find_raw_ops(
        seeded(lambda: Between(lambda m, x: torch.cat([m.conv(x), x], 1))), batch()
    )
    assert found.outcome == "wrong"
    assert not [each for each in recwarn if "cat operator" in str(each.message)]


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        (_assign, "do not write into a quantized tensor"),
        (WRONG["mask far away"], "a number that the tensor's scale can hold"),
        (lambda m, x: torch.stack([m.conv(x), x]), "has no stack: unsqueeze"),
        (lambda m, x: torch.cat([m.conv(x), x], 1), "a `torch.ao.nn.quantized.FloatFunctional` of"),
    ],
)
def test_cures(code: Code, cure: str) -> None:
    with pytest.raises(AssertionError) as failure:
        q.assert_no_raw_ops(seeded(lambda: Between(code)), batch())
    assert cure in " ".join(str(failure.value).split())


@pytest.mark.parametrize("used", [True, False])
def test_final_states_of_several_layers(used: bool) -> None:
    def code(m: Between, x: torch.Tensor) -> torch.Tensor:
        output, (hidden, _) = m.lstm(x.flatten(1, 2))
        return hidden[-1] if used else output

    model = seeded(lambda: Between(lambda m, x: x))
    model.lstm, model.code = nn.LSTM(12, 4, 2), code
    assert [(op.name, op.module) for op in find_raw_ops(model, batch())] == [
        ("LSTM", "lstm")
    ] * used


@pytest.mark.parametrize("bidirectional", [True, False])
def test_bidirectional_lstm_is_one_row(bidirectional: bool) -> None:
    model = seeded(lambda: Between(lambda m, x: x))
    model.lstm = nn.LSTM(12, 4, bidirectional=bidirectional)
    model.code = lambda m, x: m.lstm(x.flatten(1, 2))[0]
    if not bidirectional:
        q.assert_no_raw_ops(model, batch())
        return
    with pytest.raises(AssertionError, match=r"1 raw operation .*silently wrong") as failure:
        q.assert_no_raw_ops(model, batch())
    assert "LSTM       lstm       its cat: takes the first tensor's" in str(failure.value)
    assert "keep LSTM float" in str(failure.value)
