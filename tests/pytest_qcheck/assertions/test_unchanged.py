"""No assertion changes the model it is given, whether it holds or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
import torch.ao.quantization as tq
from models import GROUPS, Block, Net, batch, fingerprint, learnable_qconfig, ptq, qat, same, seeded

import pytest_qcheck as q

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn


def _optimizer(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1)


CASES: dict[str, tuple[Callable[[], nn.Module], Callable[[nn.Module], object], bool]] = {
    "fused": (ptq, lambda m: q.assert_fused(m, GROUPS), True),
    "not fused": (lambda: seeded(Net), lambda m: q.assert_fused(m, GROUPS), False),
    "fully fused": (qat, lambda m: q.assert_fully_fused(m, batch()), True),
    "not fully fused": (
        lambda: seeded(Net).train(),
        lambda m: q.assert_fully_fused(m, batch()),
        False,
    ),
    "no shared fusion": (ptq, lambda m: q.assert_no_shared_fusion(m, batch()), True),
    "shared fusion": (
        lambda: tq.fuse_modules(seeded(Block), [["conv1", "relu"]]).train(),
        lambda m: q.assert_no_shared_fusion(m, batch()),
        False,
    ),
    "toggles": (qat, lambda m: q.assert_toggles(m, fake_quant=True), True),
    "wrong toggles": (qat, lambda m: q.assert_toggles(m, fake_quant=False), False),
    "calibrated": (ptq, q.assert_calibrated, True),
    "not calibrated": (lambda: ptq(calibrate=False), q.assert_calibrated, False),
    "optimizer": (
        lambda: qat(qconfig=learnable_qconfig()),
        lambda m: q.assert_qparams_in_optimizer(m, _optimizer(m)),
        True,
    ),
    "other optimizer": (
        lambda: qat(qconfig=learnable_qconfig()),
        lambda m: q.assert_qparams_in_optimizer(m, _optimizer(seeded(Net))),
        False,
    ),
    "no raw operations": (ptq, lambda m: q.assert_no_raw_ops(m, batch()), True),
    "no raw operations in training": (qat, lambda m: q.assert_no_raw_ops(m, batch()), True),
    "raw operations": (
        lambda: tq.QuantWrapper(seeded(Block)),
        lambda m: q.assert_no_raw_ops(m, batch()),
        False,
    ),
    "not reused": (
        lambda: qat(train=False),
        lambda m: q.assert_no_reused_modules(m, batch()),
        True,
    ),
    "reused": (
        lambda: seeded(Block).train(),
        lambda m: q.assert_no_reused_modules(m, (batch(),)),
        False,
    ),
    "converted": (ptq, lambda m: q.assert_matches_converted(m, batch()), True),
    "converted in training": (
        lambda: qat(train=False).train(),
        lambda m: q.assert_matches_converted(m, batch()),
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_model_is_as_before(name: str) -> None:
    make, assertion, holds = CASES[name]
    model = make()
    before = fingerprint(model)
    if holds:
        assertion(model)
    else:
        with pytest.raises(AssertionError):
            assertion(model)
    after = fingerprint(model)
    assert [key for key in before if not same(before[key], after[key])] == []
