"""Readers: functions that know one family of quantizer classes. Torch is not needed here.

A reader gets a module and its dotted name and returns a `Quantizer`, or None when the
module is not one it knows. Registered readers are asked before the built-in flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from pytest_qcheck.quantizers import Quantizer

    QuantizerReader = Callable[[str, nn.Module], Quantizer | None]

_registered: list[QuantizerReader] = []


def register_quantizer_reader(reader: QuantizerReader) -> Callable[[], None]:
    """Teach every assertion to read the quantizer classes that `reader` knows.

    Args:
        reader: called as `reader(name, module)` for each module of a model; returns a
            `pytest_qcheck.Quantizer` for a quantizer and None for anything else. The
            children of a module it recognizes (an inner observer) are not looked at.

    Returns:
        A function that removes the reader again.
    """
    if not callable(reader):
        raise TypeError(f"reader must be callable, got {type(reader).__name__}")
    _registered.append(reader)

    def unregister() -> None:
        if reader in _registered:
            _registered.remove(reader)

    return unregister


def registered_readers() -> tuple[QuantizerReader, ...]:
    """Readers in the order in which they are asked: the newest first."""
    return tuple(reversed(_registered))
