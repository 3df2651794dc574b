"""Random modules: fixed, they parse, compute the very same in float, and nothing fixable is left.

The statements come with aliases, in-place forms, loops, branches, helpers, comments in awkward
places and more than one line.
"""

from __future__ import annotations

import ast
import textwrap

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.qlint.fixes.repaired import assert_same_float, repair, run_int8

X = torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(0))

HEAD = '''\
"""Made."""

import operator

import torch
import torch.nn as nn
import torch.nn.functional as F


def helper(a, b):
    return a + b


class Block(nn.Module):
    def __init__(self, width, act=nn.ReLU):
        super().__init__()  # always
        self.conv1 = nn.Conv2d(width, width, 1)
        self.act = act()

    def forward(self, x):
        out = self.act(self.conv1(x))
        out += x
        return self.act(out)


class Bare(nn.Module):
    """Without a constructor."""

    def forward(self, x, y):
        return torch.cat([x, y], 1)[:, :4] * x


class Base(nn.Module):
    def __init__(self):
        super(Base, self).__init__()
        self.conv, self.conv2 = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.identity = nn.Identity()
        self.drop = nn.Dropout(0.5)
        self.blocks = nn.ModuleList([Block(4), Block(4)])
        self.bare = Bare()
        self.bias = nn.Parameter(torch.ones(4, 1, 1))

    def twice(self, a, b):
        return a * b


class Net(Base):
    def own(self, a):
        a = a + 1
        return a
'''

_NAMES = st.sampled_from(["x", "y", "z", "w"])
_EXPRESSIONS = st.deferred(
    lambda: st.one_of(
        _NAMES,
        st.builds(
            lambda op, a, b: f"{a} {op} {b}",
            st.sampled_from(["+", "-", "*"]),
            _ATOMS,
            _ATOMS,
        ),
        st.builds(
            lambda op, a, n: f"{a} {op} {n}",
            st.sampled_from(["+", "-", "*", "/"]),
            _ATOMS,
            st.sampled_from(["2", "0.5", "3", "-1", "x.size(1)", "(1 + 1)"]),
        ),
        st.builds(lambda n, op, a: f"{n} {op} {a}", st.just("2"), st.sampled_from("+-*"), _ATOMS),
        st.builds(lambda f, a: f.format(a), st.sampled_from(_UNARY), _EXPRESSIONS),
        st.builds(lambda f, a, b: f.format(a, b), st.sampled_from(_BINARY), _ATOMS, _ATOMS),
    )
)
_ATOMS = st.one_of(_NAMES, st.builds("({})".format, _EXPRESSIONS))
_UNARY = [
    "F.relu({})",
    "torch.relu({})",
    "F.relu({}, inplace=True)",
    "({}).relu()",
    "self.relu({})",
    "self.conv({})",
    "self.bn1({})",
    "self.identity({})",
    "self.drop({})",
    "self.blocks[0]({})",
    "self.own({})",
    "torch.sigmoid({})",
    "F.silu({})",
    "-{}",
    "(lambda v: v + x)({})",
    "(\n    {}  # a note\n)",
    "self.conv2(\n    {},  # a note\n)",
]
_BINARY = [
    "torch.add({}, {})",
    "torch.sub({}, {}, alpha=2)",
    "{}.add({})",
    "{}.mul({})",
    "operator.mul({}, {})",
    "sum([{}, {}])",
    "torch.cat([{}, {}], dim=1)[:, 2:6]",
    "torch.stack(({}, {}))[0]",
    "helper({}, {})",
    "self.bare({}, {})",
    "self.twice({}, {})",
    "(\n    {}\n    # before\n    + {}  # behind\n)",
    "({} -  # odd\n    {})",
    "(lambda self, v: v * self)({}, {})",
    "[{} + each for each in ({},)][0]",
    "({} if self.training else {})",
]
_SIMPLE = st.one_of(
    st.builds(lambda name, value: f"{name} = {value}", _NAMES, _EXPRESSIONS),
    st.builds(lambda name, other: f"{name} = {other}", _NAMES, _NAMES),
    st.builds(
        lambda name, op, value: f"{name} {op}= {value}",
        _NAMES,
        st.sampled_from(["+", "-", "*"]),
        _EXPRESSIONS,
    ),
    st.builds(lambda name, value: f"{name}.add_({value})", _NAMES, _NAMES),
    st.builds(lambda name: f"{name} = self.relu({name})", _NAMES),
    st.builds(lambda name: f"{name} = F.relu({name})  # a note", _NAMES),
    st.builds(lambda name, other: f"{name} += {other}; {other} = {name}", _NAMES, _NAMES),
    st.builds(lambda name: f"{name} /= 4  # a note", _NAMES),
)


def _indented(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), "    ")


_STATEMENTS = st.one_of(
    _SIMPLE,
    st.builds(
        lambda test, body, other: f"if {test}:\n{_indented(body)}\nelse:\n{_indented(other)}",
        st.sampled_from(["self.training", "x.size(0) > 1", "x.dim() == 3"]),
        st.lists(_SIMPLE, min_size=1, max_size=2),
        st.lists(_SIMPLE, min_size=1, max_size=2),
    ),
    st.builds(
        lambda loop, body: f"for {loop}:\n{_indented(body)}",
        st.sampled_from(["_ in range(2)", "block in self.blocks"]),
        st.lists(_SIMPLE, min_size=1, max_size=2),
    ),
)


@st.composite
def _sources(draw: st.DrawFn) -> str:
    lines = draw(st.lists(_STATEMENTS, min_size=1, max_size=5))
    result = draw(st.sampled_from(["x, y, z, w", "y", "x + y, z * w", "self.relu(w), x"]))
    body = ["y = self.conv(x)", "z = self.conv2(y)", "w = x", *lines, f"return {result}"]
    forward = textwrap.indent("\n".join(body), " " * 8)
    return f"{HEAD}\n    def forward(self, x):\n{forward}\n"


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(source=_sources())
def test_generated(source: str) -> None:
    repaired = repair(source)  # a second run changes nothing, and nothing fixable is left
    ast.parse(repaired.after)
    assert repaired.after.count("# a note") == source.count("# a note")
    assert_same_float(repaired, X)
    assert_same_float(repaired, X, train=True)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(source=_sources())
def test_generated_with_islands(source: str) -> None:
    repaired = repair(source, unsafe=True)
    ast.parse(repaired.after)
    assert_same_float(repaired, X)
    if not repaired.codes_left:
        run_int8(repaired.after, X)
