"""What a forward pass makes anew each time becomes an attribute."""

from __future__ import annotations

import pytest

from tests.qlint.fixes.repaired import assert_same_float, repair, run_int8
from tests.qlint.fixes.test_functionals import X, net

FF = "torch.ao.nn.quantized.FloatFunctional"


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        ((f"return {FF}().add(y, z)",), "return self.functional.add(y, z)"),
        ((f"add = {FF}()", "return add.add(y, z)"), "add = self.functional\n"),
    ],
)
def test_it_is_made_once(lines: tuple[str, ...], after: str) -> None:
    repaired = repair(net(*lines))
    assert after in repaired.after
    assert_same_float(repaired, X)
    run_int8(repaired.after, X)
    assert repaired.codes_left == []


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("for _ in range(2):", f"    y = {FF}().add(y, z)", "return y"), "ModuleList"),
        (("return nn.Conv2d(3, 3, 1)(y)",), "register it"),
    ],
)
def test_what_takes_a_human_is_left_with_a_reason(lines: tuple[str, ...], reason: str) -> None:
    source = net(*lines)
    repaired = repair(source)
    assert repaired.after == source
    assert reason in repaired.reasons


def test_in_a_plain_list() -> None:
    repaired = repair(net("return self.held[0](y)", init="self.held = [nn.Conv2d(3, 3, 1)]"))
    assert "register it" in repaired.reasons
