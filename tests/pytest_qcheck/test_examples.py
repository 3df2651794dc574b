"""docs/examples: what qlint says about them is what the int8 runtime does."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
import torch.ao.quantization as tq

from pytest_qcheck import assert_matches_converted, assert_no_reused_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
IMAGES = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Makes the prepared and calibrated Net of one of the two folders."""

    def prepared(folder: Path) -> nn.Module:
        monkeypatch.syspath_prepend(str(folder))
        with torch.random.fork_rng():
            torch.manual_seed(0)
            model = importlib.import_module("net").Net().eval()
        model.qconfig = tq.get_default_qconfig(torch.backends.quantized.engine)
        model = tq.prepare(model)
        with torch.no_grad():
            model(IMAGES)
        return model

    yield prepared
    for name in ("net", "blocks"):
        sys.modules.pop(name, None)


def test_the_fixed_example_runs_in_int8(build) -> None:  # type: ignore[no-untyped-def]
    model = build(EXAMPLES / "fixed")
    assert assert_matches_converted(model, IMAGES).max_lsb <= 1
    assert_no_reused_modules(model, IMAGES)


def test_the_broken_example_fails_where_qlint_says(build) -> None:  # type: ignore[no-untyped-def]
    model = build(EXAMPLES)
    with pytest.raises(AssertionError, match=r"at .*docs/examples/blocks\.py:16") as failure:
        assert_matches_converted(model, IMAGES)
    assert "out += x" in str(failure.value)
    with pytest.raises(AssertionError, match=r"body\.0\.relu"):
        assert_no_reused_modules(model, IMAGES)
