"""Flags: parameters of unknown value that decide whether a model is quantized at all.

``Net(quantize=False)`` has its ``QuantStub`` only if the flag is set, and then the raw ``+`` in
the other branch never meets int8 data. What runs on both branches at once would see a tensor that
may be quantized there; so what depends on such a flag is run once for each of its values.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qlint.flow.values import Flag, NotTensor, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import Site
    from qlint.flow.values import Instance, Value


@dataclass(frozen=True, slots=True)
class Model:
    """A module that the program makes: where, and with which values of its flags."""

    instance: Instance
    made_at: Site
    flags: dict[object, bool]


class Flags:
    """The values that flags are taken to have, and the flags found to decide on quantization."""

    def __init__(self) -> None:
        self.values: dict[object, bool] = {}
        self.deciding: dict[object, None] = {}
        self._stubs = 0

    def start(self, values: dict[object, bool]) -> None:
        """Begin an entry point in which some flags have known values."""
        self.values = dict(values)
        self.deciding.clear()

    def truth(self, value: Value) -> bool | None:
        """Whether a flag is set, None if it is none or its value is open."""
        flag = flag_of(value)
        known = None if flag is None else self.values.get(flag.key)
        return None if flag is None or known is None else known is not flag.negated

    def saw_stub(self) -> None:
        """Note that a part of a quantized model was made or called."""
        self._stubs += 1

    @property
    def undecided(self) -> list[object]:
        """The flags that were found to decide on quantization and have no value yet."""
        return [each for each in self.deciding if each not in self.values]

    @contextmanager
    def branch(self, test: Value, positive: bool, counts: list[int]) -> Iterator[None]:
        """Take one branch of a condition: the flag in it has its value there.

        Appends to ``counts`` how many parts of a quantized model were met.
        """
        flag = flag_of(test)
        before = self._stubs
        if flag is not None:
            self.values[flag.key] = positive is not flag.negated
        yield
        if flag is not None:
            del self.values[flag.key]
        counts.append(self._stubs - before)

    def compare(self, test: Value, counts: list[int]) -> None:
        """Learn from the two branches of a condition whether its flag decides."""
        flag = flag_of(test)
        if flag is not None and len(counts) == 2 and (counts[0] == 0) != (counts[1] == 0):
            self.deciding[flag.key] = None


def flag_of(value: Value) -> Flag | None:
    """The flag whose value this is."""
    return value.flag if isinstance(value, (Unknown, NotTensor)) else None
