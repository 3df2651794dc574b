"""Regular expressions of the code that is read: known texts are computed, nothing is risked."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

import pytest
from marked import check

if TYPE_CHECKING:
    from pathlib import Path

_NET = """\
import re


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.found = {call}

    def forward(self, x):
        x = self.quant(x)
        if self.found == {value}:
            return x * 2  # QL107
        return x
"""


def _source(call: str, value: str) -> str:
    return _NET.replace("{call}", call).replace("{value}", value)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ('re.sub("[0-9]", "", "conv3")', '"conv"'),
        ('re.split("_", "a_b")[1]', '"b"'),
        ('re.findall("[a-z]", "a1b2")[1]', '"b"'),
        ('re.findall("([a-z])([0-9])", "a1b2")[1][1]', '"2"'),
        ('re.sub("[[a]]", "x", "[]")', '"x"'),  # of which Python warns
        ('re.match("([a-z]+)([0-9]*)", "conv3").group(2)', '"3"'),
        ('re.match("([a-z]+)([0-9]*)", "conv3")[1]', '"conv"'),
        ('re.search("[0-9]", "conv") is None', "True"),
        ('bool(re.fullmatch("[a-z]+", "conv3"))', "False"),
        ('re.match("(?P<kind>[a-z]+)", "conv3").groupdict()["kind"]', '"conv"'),
        ('re.compile("([a-z])([0-9])").match("a1").groups()[1]', '"1"'),
        ('[each.group() for each in re.finditer("[a-z]", "a1b2")][1]', '"b"'),
    ],
)
def test_known_texts_are_computed(tmp_path: Path, call: str, value: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(tmp_path, _source(call, value))
    other = _source(call, '"something else"').replace("  # QL107", "")
    check(tmp_path, other)


@pytest.mark.parametrize(
    "call",
    [
        're.findall("a{99999999999999999999}", "a")[0]',
        're.sub("(", "", "a")',
        're.sub(r"(a+)+$", "", "' + "a" * 40 + 'b")',
        're.sub(r"' + r"\\w*" * 8 + 'z", "", "' + "a" * 60 + '")',
        're.sub("a", len, "a")',
    ],
)
def test_what_is_no_expression_or_slow_is_left_alone(tmp_path: Path, call: str) -> None:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(tmp_path, _source(call, '"b"'))
    assert time.perf_counter() - start < 5
