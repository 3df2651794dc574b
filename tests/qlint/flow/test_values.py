"""Which values are quantized: through Python's own constructs, and not one further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from marked import check

if TYPE_CHECKING:
    from pathlib import Path

_NET = """\
class Net(nn.Module):
    def __init__(self, flag=False):
        super().__init__()
        self.quant, self.quant2 = QuantStub(), QuantStub()
        self.dequant = DeQuantStub()
        self.conv, self.conv2 = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.relu, self.relu2 = nn.ReLU(), nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout()
        self.ff, self.ff2 = FloatFunctional(), FloatFunctional()
        self.weight = nn.Parameter(torch.zeros(3))
        self.register_buffer("mean", torch.zeros(3))
        self.flag = flag
        self.scale = 3 ** -0.5

    def helper(self, a, b=None):
        return a if b is None else self.ff.add(a, b)

    @property
    def factor(self):
        return 2.0

    def forward(self, x, mask=None):
"""

CLEAN = {
    "sizes": """
x = self.quant(x)
n, c = x.shape[0] * 2, x.size(1) + 1
total = x.numel() // x.dim() - len(x.shape)
h, w = x.shape[-2:]
area = h * w / 2
return self.dequant(x).reshape(n, c, -1) * area + total
""",
    "strings and lists": """
x = self.quant(x)
names = ["a"] + ["b"] * 2
text = "x" + "y" * 3 + f"{x.shape[0] + 1}"
parts = (x,) + (self.conv(x),)
many = [x] * 2
return [self.dequant(p) for p in parts + tuple(many)], names, text
""",
    "before the stub": "x = torch.cat([x + 1, x * 2]) / 255 - self.mean\nreturn self.quant(x)",
    "behind the stub": """
x = self.dequant(self.quant(x))
y = torch.cat([x, x]) @ x
return F.relu(sum([x, y])) * self.weight
""",
    "dequantize as a method": "x = self.quant(x).dequantize()\nreturn x + x",
    "functionals": """
x = self.quant(x)
y = self.ff.add(x, self.conv(x))
return self.dequant(self.ff2.cat([x, y], dim=1))
""",
    "a parallel float path": """
y = x * 2
x = self.quant(x)
y = y + 1
return self.dequant(self.conv(x)) + y
""",
    "comparisons": "x = self.quant(x)\nkeep = x > 0\nreturn self.dequant(x) * keep",
    "training only": """
x = self.quant(x)
if self.training:
    x = x + torch.randn_like(x)
return self.dequant(x)
""",
    "torchscript": """
if torch.jit.is_scripting():
    return x + 1
x = self.quant(x)
if torch.jit.is_tracing():
    x = x + 1
return self.dequant(x)
""",
    "guarded by is_quantized": """
if self.flag:
    x = self.quant(x)
if x.is_quantized:
    return self.ff.add(x, x)
return x + x
""",
    "float in one mode, quantized in the other": """
if not x.is_quantized:
    return x + x
x = self.quant(x)
if x.is_quantized:
    return self.ff.add(x, x)
return x + x
""",
    "zeros with the qparams of what they are joined to": """
x = self.quant(x)
zeros = torch.zeros(1)
if x.is_quantized:
    zeros = torch.quantize_per_tensor(zeros, x.q_scale(), x.q_zero_point(), x.dtype)
return torch.cat([x, zeros], dim=1)
""",
    "joined tensors have the first one's scale": """
x = self.quant(x)
zeros = torch.quantize_per_tensor(torch.zeros(1), x.q_scale(), x.q_zero_point(), x.dtype)
return torch.cat([torch.cat([x, zeros], dim=1), x], dim=1)
""",
    "indices": "x = self.quant(x)\nvalues, indices = x.max(1)\nreturn indices + 1",
    "early return": """
if x is None:
    return torch.zeros(1) + 1
return self.dequant(self.quant(x))
""",
    "shape dependent constant": """
x = self.quant(x)
scale = (x.shape[-1] // 2) ** -0.5
return self.ff.mul_scalar(x, scale * self.factor)
""",
    "cat of one quantizer": """
x = self.quant(x)
a, b = x.chunk(2, 1)
y = torch.cat([b, a], 1)
z = torch.cat([x[..., 0::2], self.pool(x)[..., 1::2]], -1)
return self.dequant(y), self.dequant(z)
""",
    "one use in each branch": """
x = self.quant(x)
if self.flag:
    x = self.relu(x)
else:
    x = self.relu(self.conv(x))
return self.dequant(x)
""",
    "early return is a branch": """
x = self.quant(x)
if x.shape[0] > 1:
    return self.dequant(self.relu(x))
return self.dequant(self.relu(self.conv(x)))
""",
    "stateless modules twice": """
x = self.drop(self.pool(self.drop(self.pool(self.quant(x)))))
return self.dequant(x), self.dequant(x)
""",
    "unknown values": "import mylib\ny = mylib.load(x)\nreturn y + y * 2 / y",
    "masks": """
x = self.quant(x)
mask = torch.ones(3) * 2 + self.mean
return self.dequant(x) * mask
""",
    "int counters": """
x = self.quant(x)
count = 0
for _ in range(3):
    count += 1
    count = count * 2 - 1
return self.dequant(x) * count
""",
    "bool arithmetic": "x = self.quant(x)\nflag = (x.dim() == 4) + 1\nreturn self.dequant(x), flag",
}

FOUND = {
    "argmax fails, but gives indices": (
        "x = self.quant(x)\nindices = x.argmax(1)  # QL108\nreturn indices + 1"
    ),
    "operators": """
x = self.quant(x)
y = x + self.conv(x)  # QL101
y = y - x  # QL102
y = y * x  # QL103
y = y / x  # QL104
return y @ x  # QL105
""",
    "in place": """
x = self.quant(x)
y = self.conv(x)
y += x  # QL101
y -= x  # QL102
y *= x  # QL103
y /= x  # QL104
y.add_(x)  # QL101
return y.mul_(2)  # QL107
""",
    "functions": """
x = self.quant(x)
y = torch.add(x, x, alpha=2)  # QL101
y = torch.subtract(y, x)  # QL102
y = torch.multiply(input=y, other=x)  # QL103
y = torch.true_divide(y, x)  # QL104
y = torch.einsum("bc,bd->cd", y, x)  # QL105
return torch.bmm(y, x)  # QL105
""",
    "operator module and reduce": """
import operator
from functools import reduce
x = self.quant(x)
y = operator.add(x, self.conv(x))  # QL101
return reduce(operator.mul, [x, y])  # QL103
""",
    "sum": "x = self.quant(x)\nreturn sum([x, self.conv(x)])  # QL101",
    "sum of a generator": """
x = self.quant(x)
return sum(conv(x) for conv in (self.conv, self.conv2))  # QL101
""",
    "scalars": """
x = self.quant(x)
x = x * self.scale  # QL107
x = 1 - x  # QL107
x = x / 255  # QL107
return x * self.factor  # QL107
""",
    "concatenations": """
x = self.quant(x)
y = self.conv(x)
a = torch.cat([x, y], 1)  # QL106
b = torch.stack((x, y))  # QL106
c = torch.hstack([x, y])  # QL106
d = torch.concat(tensors=[x, y])  # QL106
e = torch.cat([y, torch.quantize_per_tensor(y, x.q_scale(), 0, torch.quint8)])  # QL106
return a, b, c, d
""",
    "cat of a comprehension": """
x = self.quant(x)
return torch.cat([conv(x) for conv in (self.conv, self.conv2)], 1)  # QL106
""",
    "a float parameter": "x = self.quant(x)\nreturn x + self.weight  # QL101",
    "functional relu": """
x = self.conv(self.quant(x))
x = F.relu(x)  # QL201
x = torch.relu_(x)  # QL201
return x.relu()  # QL201
""",
    "a tuple element": """
pair = (self.quant(x), x)
return pair[0] + 1, pair[1] + 1  # QL107
""",
    "dict values": """
features = {"low": x, "high": self.quant(x)}
features["mid"] = self.conv(features["high"])
low = features["low"] + 1
return features["mid"] + features["high"], low  # QL101
""",
    "unpacking": """
(a, b), *rest = (self.quant(x), x), x
c = b + 1
return a + 1, c, rest  # QL107
""",
    "walrus": """
if (y := self.quant(x)) is not None:
    return y + 1  # QL107
return x
""",
    "conditional expression": """
x = self.quant(x)
return x + 1 if self.flag else self.dequant(x)  # QL107
""",
    "maybe quantized": """
if x.shape[0] > 2:
    x = self.quant(x)
return x + x  # QL101
""",
    "closure and lambda": """
x = self.quant(x)
def inner(y):
    return y + x  # QL101
double = lambda y: y * 2  # QL107
return double(inner(x))
""",
    "helper with a default": """
x = self.helper(self.quant(x))
return x + 1  # QL107
""",
    "checkpoint": """
from torch.utils.checkpoint import checkpoint
x = checkpoint(self.conv, self.quant(x), use_reentrant=False)
return x + 1  # QL107
""",
    "a loop that carries": """
y = x
for _ in range(3):
    y = y + 1  # QL107
    y = self.quant(y)
return y
""",
    "while": """
x = self.quant(x)
while x.shape[0] > 1:
    x = x + 1  # QL107
return x
""",
    "try": """
try:
    x = self.quant(x)
except RuntimeError:
    raise
return x + 1  # QL107
""",
    "with": "with torch.no_grad():\n    x = self.quant(x)\nreturn x + 1  # QL107",
    "through shape operations": """
x = self.quant(x).view(1, -1).permute(1, 0).unsqueeze(0)[:, None]
x = F.max_pool2d(F.pad(x, [1, 1]), 2)
return torch.flatten(x, 1) + x.mean(1)  # QL101
""",
    "attributes": """
self.kept = self.quant(x)
self.kept += 1  # QL107
return self.kept
""",
    "reuse": """
x = self.relu(self.conv(self.quant(x)))
x = self.conv2(x)
return self.relu(self.conv2(x))  # QL202, QL203
""",
    "reuse in a loop": """
x = self.quant(x)
for _ in range(x.shape[0]):
    x = self.relu(x)  # QL202
return x
""",
    "reuse behind a branch": """
x = self.quant(x)
if self.flag:
    x = self.relu(x)
return self.relu(self.conv(x))  # QL202
""",
    "assert and print do not matter": """
x = self.quant(x)
assert x.dim() == 4, "bad"
print(x.shape, x + 1)  # QL107
return x
""",
}


def _forward(body: str) -> str:
    return _NET + "".join(f"        {line}\n" for line in body.strip("\n").splitlines())


@pytest.mark.parametrize("name", CLEAN)
def test_clean(tmp_path: Path, name: str) -> None:
    check(tmp_path, _forward(CLEAN[name]))


@pytest.mark.parametrize("name", FOUND)
def test_found(tmp_path: Path, name: str) -> None:
    check(tmp_path, _forward(FOUND[name]))
