"""What a finding advises fits the operation that it was found in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from marked import HEAD

from qlint.config import Settings
from qlint.engine import lint

if TYPE_CHECKING:
    from pathlib import Path

_NET = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.add = FloatFunctional()
        self.pos = nn.Parameter(torch.ones(3))

    def forward(self, x):
        x = self.quant(x)
        y = EXPRESSION
        return y
"""


@pytest.mark.parametrize(
    ("expression", "wanted", "unwanted"),
    [
        ("1 - x", "add_scalar(self.neg.mul_scalar(x, -1.0), number)", "-number"),
        ("torch.rsub(x, 1)", "add_scalar(self.neg.mul_scalar(x, -1.0), number)", "-number"),
        ("x - 1", "add_scalar(x, -number)", "neg"),
        ("x + self.pos", "skip_add.add(a, b)` here; a float tensor", "alpha"),
        ("x * self.pos", "needs a QuantStub of its own first", "alpha"),
        ("x + x", "skip_add.add(a, b)", "float tensor"),
        ("torch.add(x, x, alpha=2)", "`mul_scalar` first", "float tensor"),
        ("torch.einsum('ij,jk->ik', x, x)", "float island", "self.scores = "),
        ("torch.addmm(x, x, x)", "self.addition.add(c, self.scores.matmul(a, b))", "island"),
        ("torch.stack([x, x + 1])", "unsqueeze(dim)", "[...]"),
        ("torch.cat([x, x + 1])", "cat([...], dim=...)", "unsqueeze"),
        ("torch.cat([x, self.pos])", "a float tensor or parameter needs", "unsqueeze"),
        ("-x", "mul_scalar(x, -1.0)", "island"),
        ("torch.div(x, 2.0, rounding_mode='floor')", "float island", "mul_scalar"),
        ("torch.hstack([x, x + 1])", "fewer than 2 dimensions", "unsqueeze"),
        ("F.relu(x)", "right behind the layer", "add_relu"),
        ("F.relu(self.add.add(x, x))", "call its `add_relu`", "fuse list"),
        ("x.clamp_(0.0, 1.0)", "use `clamp`", "island"),
        ("x.mean()", "dequantize before it", "dimensions"),
        ("torch.zeros(2, dtype=x.dtype)", "torch.float32", "island"),
        ("x.masked_fill(x > 0, -1e9)", "DeQuantStub makes", "QuantStub of its own"),
    ],
)
def test_help(tmp_path: Path, expression: str, wanted: str, unwanted: str) -> None:
    path = tmp_path / "net.py"
    path.write_text(HEAD + _NET.replace("EXPRESSION", expression))
    helps = [each.help for each in lint([path], Settings(root=tmp_path))]
    assert any(wanted in each for each in helps)
    assert not any(wanted in each and unwanted in each for each in helps)


def test_a_float_tensor_cannot_be_joined_silently(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(HEAD + _NET.replace("EXPRESSION", "torch.cat([x, self.pos])"))
    (found,) = lint([path], Settings(root=tmp_path))
    assert "fails here" in found.message
    assert "silently" not in found.message
