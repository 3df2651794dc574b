"""qlint, which reads, and find_raw_ops, which runs, must name the same lines."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.ao.quantization import QuantWrapper
from torchvision_stub import import_torchvision

from pytest_qcheck.int8_run import find_raw_ops
from qlint.config import Settings
from qlint.discovery import find_files
from qlint.engine import lint

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from pytest_qcheck.raw_op import RawOp

_KERNEL_RULES = frozenset(f"QL10{digit}" for digit in range(1, 10))
Rows = dict[str, list[tuple[int, int]]]


def _static(files: list[Path], root: Path, *, assume_quantized: bool = False) -> Rows:
    rows: Rows = {}
    for each in lint(files, Settings(root=root, assume_quantized=assume_quantized)):
        # A module of a derived class is reported where it is called, and fails further inside.
        if each.code in _KERNEL_RULES and not (assume_quantized and "derived from" in each.message):
            span = (each.location.row, each.end_location.row)
            rows.setdefault(each.filename, []).append(span)
    return rows


def _overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(first <= span[1] and last >= span[0] for first, last in others)


# torchvision

_MODELS = (
    "alexnet convnext_tiny densenet121 efficientnet_b0 googlenet maxvit_t mnasnet0_5 mobilenet_v2 "
    "mobilenet_v3_small regnet_y_400mf resnet18 shufflenet_v2_x0_5 squeezenet1_0 swin_t vgg11 "
    "vit_b_16"
).split()
_SIZES = {"maxvit_t": 224, "vit_b_16": 224}
_SPEC = importlib.util.find_spec("torchvision")
_needs_torchvision = pytest.mark.skipif(_SPEC is None, reason="torchvision is not installed")


@pytest.fixture(scope="module")
def by_reading() -> Rows:
    assert _SPEC is not None
    assert _SPEC.origin is not None
    root = Path(_SPEC.origin).parent
    return _static(
        find_files([root], Settings(root=root), warn=pytest.fail), root, assume_quantized=True
    )


@_needs_torchvision
@pytest.mark.parametrize("name", _MODELS)
def test_what_fails_in_torchvision_is_found(by_reading: Rows, name: str) -> None:
    missed = [
        op
        for op in _run_torchvision(name)[1]
        if "torchvision" in op.file
        and not _by_layout(op)
        and not _overlaps((op.line, op.end_line), by_reading.get(op.file, []))
    ]
    assert not missed


@_needs_torchvision
def test_what_is_found_in_torchvision_fails(by_reading: Rows) -> None:
    executed: dict[str, set[int]] = {}
    failing: Rows = {}
    for name in _MODELS:
        lines, found = _run_torchvision(name)
        for file, rows in lines.items():
            executed.setdefault(file, set()).update(rows)
        for op in found:
            failing.setdefault(op.file, []).append((op.line, op.end_line))
    false = [
        f"{file}:{span[0]}"
        for file, spans in by_reading.items()
        for span in spans
        if executed.get(file, set()) & set(range(span[0], span[1] + 1))
        and not _overlaps(span, failing.get(file, []))
    ]
    assert not false


@cache
def _run_torchvision(name: str) -> tuple[dict[str, set[int]], list[RawOp]]:
    models = import_torchvision().models
    torch.manual_seed(0)
    model = QuantWrapper(getattr(models, name)(weights=None).eval())
    size = _SIZES.get(name, 64)
    return _run_watched(model, torch.randn(1, 3, size, size))


def _by_layout(op: RawOp) -> bool:
    """Whether an operation fails only for how its tensor lies in memory, which can be read only
    behind what is known to put out channels last.
    """
    return op.name == "view" and "channels last" in op.reason


def _run_watched(model: nn.Module, inputs: torch.Tensor) -> tuple[dict[str, set[int]], list[RawOp]]:
    """Run in int8; which lines of torchvision ran, and which operations were raw."""
    executed: dict[str, set[int]] = {}

    def trace(frame: object, event: str, argument: object) -> Callable[..., object] | None:
        code = frame.f_code  # type: ignore[attr-defined]
        if "torchvision" not in code.co_filename:
            return None
        if event == "line":
            executed.setdefault(code.co_filename, set()).add(frame.f_lineno)  # type: ignore[attr-defined]
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found = find_raw_ops(model, inputs)
    finally:
        sys.settrace(before)
    return executed, found


# Generated modules

_HEAD = """\
import operator

import torch
import torch.nn.functional as F
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Norm(nn.LayerNorm):
    pass


def add_raw(a, b):
    return a + b


def keep(a, b=None):
    return a


def twice(function, a):
    return function(function(a))


class Block(nn.Module):
    def __init__(self, act=nn.ReLU, raw=False):
        super().__init__()
        self.conv, self.act, self.raw = nn.Conv2d(4, 4, 1), act(), raw
        self.skip = FloatFunctional()

    def forward(self, x):
        y = self.act(self.conv(x))
        if self.raw:
            return y + x
        return self.skip.add(y, x)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.quant2, self.dequant = QuantStub(), QuantStub(), DeQuantStub()
        self.convs = nn.ModuleList([nn.Conv2d(4, 4, 1) for _ in range(12)])
        for conv in self.convs:  # no range is that of another by chance
            conv.weight.data *= 3.0
        self.functionals = nn.ModuleList([FloatFunctional() for _ in range(12)])
        self.silu, self.norm, self.own_norm = nn.SiLU(), nn.LayerNorm(6), Norm(6)
        self.tail = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Hardswish())
        self.broken_tail = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Mish())
        self.blocks = nn.ModuleDict({"plain": Block(), "silu": Block(nn.SiLU)})
        self.yes, self.no = True, False
        self.flat, self.pair = nn.Linear(144, 144), nn.Linear(8, 4)

    def own_add(self, a, b):
        c = a
        c = c + b
        return c

    def forward(self, x):
        v0 = self.quant(x)
"""

# Right-hand sides; A and B stand for tensors made before, I for a number used once.
_EXPRESSIONS = (
    "A + B",
    "A - B",
    "A * B",
    "2.0 * A",
    "A / 2",
    "-A",
    "A ** 2",
    "abs(A)",
    "torch.add(A, B)",
    "operator.mul(A, B)",
    "A.sub(B)",
    "A.add(B).relu()",
    "sum([A, B])",
    "torch.cat([A, B], 1)[:, :4]",
    "torch.cat((A, A), dim=1)[:, 4:]",
    "torch.stack([A, B]).flatten(0, 1)[:2]",
    "self.functionals[I].cat([A, self.convs[I](B)], dim=1)[:, :4]",
    "self.functionals[I].add(A, B)",
    "self.functionals[I].mul_scalar(A, 0.5)",
    "self.convs[I](A)",
    "self.tail(A)",
    "self.broken_tail(A)",
    "self.silu(A)",
    "self.norm(A)",
    "self.own_norm(A)",
    "self.blocks['plain'](A)",
    "self.blocks['silu'](A)",
    "F.relu(A)",
    "F.silu(A)",
    "F.hardswish(A)",
    "F.leaky_relu(A, 0.1)",
    "F.softmax(A, dim=1)",
    "F.layer_norm(A, (6,))",
    "torch.sigmoid(A)",
    "torch.maximum(A, B)",
    "torch.where(A > 0, A, B)",
    "A.clamp(0.0, 3.0)",
    "A.permute(0, 1, 3, 2).contiguous()",
    "A.reshape(A.size(0), -1).reshape(A.shape)",
    "A.contiguous().view(2, 4 * 6 * 6).reshape(A.shape)",
    "self.convs[I](A).view(-1, 144).reshape(A.shape)",
    "self.flat(self.convs[I](A).view(A.size(0), -1)).reshape(A.shape)",
    "F.max_pool2d(self.convs[I](A), 3, 1, 1).view(2, 144).reshape(A.shape)",
    "F.adaptive_avg_pool2d(A, 1).view(A.size(0), -1).reshape(-1, 4, 1, 1).expand(2, 4, 6, 6)",
    "self.pair(F.adaptive_avg_pool2d(A, 1).view(1, -1)).reshape(-1, 4, 1, 1).expand(2, 4, 6, 6)",
    "A.chunk(2, dim=1)[0].repeat(1, 2, 1, 1)",
    "torch.flip(A, (1,))",
    "torch.roll(A, 1)",
    "F.interpolate(A, scale_factor=2)[..., :6, :6]",
    "F.interpolate(A, scale_factor=2, mode='bicubic')[..., :6, :6]",
    "F.max_pool2d(A, 3, 1, 1)",
    "F.dropout(A, 0.5, self.training)",
    "A.mean((2, 3), keepdim=True).expand(2, 4, 6, 6)",
    "A.mean().expand(2, 4, 6, 6)",
    "torch.kthvalue(A, 2, 1, keepdim=True)[0].expand(2, 4, 6, 6)",
    "A.sum(1, keepdim=True).expand(2, 4, 6, 6)",
    "A.contiguous().float()",
    "self.quant2(self.dequant(A) + self.dequant(B))",
    "add_raw(A, B)",
    "keep(A, B)",
    "keep(A, b=A.size(0) + 1)",
    "twice(lambda t: t.relu(), A)",
    "twice(lambda t: t + t, A)",
    "self.own_add(A, B)",
    "(A if self.yes else A + B)",
    "(A if self.no else A + B)",
    "[conv(A) for conv in self.convs[10:]][-1]",
    "[A, B][0]",
    "dict(left=A, right=B)['left']",
    "(lambda left, right: left)(A, B)",
)
_BLOCKS = (
    ("if self.yes:", "N = A", "else:", "N = A + B"),
    ("if self.no:", "N = A * B", "else:", "N = self.convs[I](A)"),
    ("N = A", "for _ in range(2):", "N = F.relu(N)"),
    ("N = A", "for functional in self.functionals[10:]:", "N = functional.add(N, B)"),
    ("N = A", "for other in (A, B):", "N = N + other"),
    ("N, other = B, A", "N, other = other, N"),
    ("N = A.clone()", "N += B"),
    ("parts = [A]", "parts.append(B)", "N = torch.cat(parts, dim=1)[:, :4]"),
    ("count = 0", "count = count + A.size(1)", "N = A[:, :count]"),
)


@st.composite
def _forwards(draw: st.DrawFn) -> str:
    lines: list[str] = []
    used: set[str] = set()
    names = ["v0"]
    for number in range(1, draw(st.integers(1, 8)) + 1):
        a, b = draw(st.sampled_from(names)), draw(st.sampled_from(names))
        fresh = f"v{number}"
        template = draw(st.sampled_from([*[(f"N = {each}",) for each in _EXPRESSIONS], *_BLOCKS]))
        filled = [
            each.replace("self.convs[I]", f"self.convs[{number}]")
            .replace("self.functionals[I]", f"self.functionals[{number}]")
            .replace("N", fresh)
            .replace("A", a)
            .replace("B", b)
            for each in template
        ]
        # The same expression twice has the same range by chance, which no reader can promise.
        key = "".join(filled).replace(fresh, "")
        if key in used:
            continue
        used.add(key)
        names.append(fresh)
        indent = "        "
        for line in filled:
            if line == "else:":
                indent = indent[4:]
            lines.append(indent + line)
            if line.endswith(":"):
                indent += "    "
            elif line != filled[0]:
                indent = "        " if "else:" not in filled else indent
    return "\n".join([*lines, f"        return self.dequant({names[-1]})"]) + "\n"


@given(forward=_forwards())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_generated(tmp_path_factory: pytest.TempPathFactory, forward: str) -> None:
    assert_agree(tmp_path_factory.mktemp("generated") / "net.py", _HEAD + forward)


def assert_agree(path: Path, source: str) -> None:
    """The lines that fail in int8 must be those that reading finds."""
    path.write_text(source)
    by_reading = {row for spans in _static([path], path.parent).values() for row, _ in spans}
    torch.manual_seed(0)
    with _imported(path) as module:
        found = find_raw_ops(module.Net().eval(), torch.randn(2, 4, 6, 6))
    by_running = {op.line for op in found if not _by_layout(op) or op.line in by_reading}
    numbered = "\n".join(f"{row:3} {line}" for row, line in enumerate(source.splitlines(), 1))
    forward = numbered[numbered.index("v0 = self.quant") :]
    assert by_reading == by_running, (
        f"only by reading: {sorted(by_reading - by_running)}, "
        f"only by running: {sorted(by_running - by_reading)}\n{forward}"
    )


class _imported:  # noqa: N801
    """A file as a module, for a while."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> object:
        spec = importlib.util.spec_from_file_location("generated_net", self._path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["generated_net"] = module
        spec.loader.exec_module(module)
        return module

    def __exit__(self, *_: object) -> None:
        del sys.modules["generated_net"]
