"""Quantization flows: each file here knows the quantizer classes of one flow.

A flow is a module with a function `read_quantizer(name, module)` that returns a
`pytest_qcheck.Quantizer`, or None for a module that is not a quantizer of that flow.
Files are found by listing this package: a new flow is a new file and nothing else.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_qcheck.readers import QuantizerReader


@cache
def builtin_readers() -> tuple[QuantizerReader, ...]:
    """The `read_quantizer` function of every flow, in the order of the file names."""
    names = sorted(info.name for info in iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").read_quantizer for name in names)
