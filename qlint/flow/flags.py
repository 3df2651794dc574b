"""Flags: parameters of unknown value that decide whether a model is quantized at all.

``Net(quantize=False)`` has its ``QuantStub`` only if the flag is set, and then the raw ``+`` in
the other branch never meets int8 data. What runs on both branches at once would see a tensor that
may be quantized there; so what depends on such a flag is run once for each of its values.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qlint.flow.containers import data_of
from qlint.flow.modules import is_module
from qlint.flow.values import Constant, Dict, Flag, Instance, NotTensor, Union, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.values import Value


@dataclass(frozen=True, slots=True)
class IsAmong:
    """The key of a flag that says whether what has the ``key`` is one of some constants."""

    key: object
    constants: frozenset[object]


@dataclass(frozen=True, slots=True)
class AllOf:
    """The key of a flag that is set if all the others are."""

    flags: frozenset[Flag]


@dataclass(frozen=True, slots=True)
class Model:
    """A module that the program makes: where, and with which values of its flags."""

    instance: Instance
    made_at: Site
    flags: dict[object, bool]


@dataclass(slots=True)
class Parts:
    """What a branch has met of eager quantization: whether parts of it were ``made`` that are none
    of modules complete in themselves; how often tensors were quantized more than dequantized, how
    often a part was called; whether something ``failed``.
    """  # noqa: D205

    made: bool
    quantized: int
    called: int
    failed: bool

    def decides(self, other: Parts) -> bool:
        """Whether a branch of which this is met is one for quantized models, and another is not.

        What is dequantized and quantized again is an island of its own, and may as well be on one
        branch only; unless what the other does instead fails.
        """
        if self.made and not other.made:
            return True
        if not self.called or other.called:
            return False
        return self.quantized != 0 or other.failed


class Flags:
    """The values that flags are taken to have, and the flags found to decide on quantization."""

    def __init__(self) -> None:
        self.values: dict[object, bool] = {}
        self.deciding: dict[object, None] = {}
        # Of the parts made so far: in how many constructors, and whether they quantize (1),
        # dequantize (-1) or neither; of those called, only that.
        self._made: list[tuple[int, int]] = []
        self._called: list[int] = []

    def start(self, values: dict[object, bool]) -> None:
        """Begin an entry point in which some flags have known values."""
        self.values = dict(values)
        self.deciding.clear()
        self._made.clear()
        self._called.clear()

    def truth(self, value: Value) -> bool | None:
        """Whether a flag is set, None if it is none or its value is open."""
        flag = flag_of(value)
        return None if flag is None else self._value(flag)

    def _value(self, flag: Flag) -> bool | None:
        known = self._known(flag.key)
        return None if known is None else known is not flag.negated

    def _known(self, key: object) -> bool | None:
        known = self.values.get(key)
        if known is not None:
            return known
        if isinstance(key, AllOf):
            parts = {self._value(each) for each in key.flags}
            return False if False in parts else None if None in parts else True
        for other, holds in self.values.items():
            if not holds:
                continue
            if isinstance(other, AllOf):
                for part in other.flags:
                    if part.key == key:
                        return not part.negated
            elif isinstance(key, IsAmong) and isinstance(other, IsAmong) and other.key == key.key:
                if other.constants.isdisjoint(key.constants):
                    return False
                if other.constants <= key.constants:
                    return True
        return None

    def made_part(self, depth: int, quantizes: int) -> None:
        """Note that a part of a quantized model was made in so many constructors of modules: one
        that quantizes (1), dequantizes (-1), or neither.
        """  # noqa: D205
        self._made.append((depth, quantizes))

    def called_part(self, quantizes: int) -> None:
        """Note that one was called."""
        self._called.append(quantizes)

    @property
    def undecided(self) -> list[object]:
        """The flags that were found to decide on quantization and have no value yet."""
        return [each for each in self.deciding if each not in self.values]

    @contextmanager
    def branch(
        self, interp: Interpreter, test: Value, positive: bool, met: list[Parts]
    ) -> Iterator[None]:
        """Take one branch of a condition: the flag in it has its value there.

        Appends to ``met`` which parts of a quantized model were met, if there is a flag.
        """
        flag = flag_of(test)
        if flag is None:
            yield
            return
        mark, depth = interp.log.pending, len(interp.under_construction)
        made, called = len(self._made), len(self._called)
        self.values[flag.key] = positive is not flag.negated
        yield
        del self.values[flag.key]
        # A module with stubs for its input and its output is complete in itself.
        here = any(each <= depth for each, _ in self._made[made:])
        inside = sum(quantizes for each, quantizes in self._made[made:] if each > depth)
        quantized, calls = sum(self._called[called:]), len(self._called) - called
        failed = interp.log.failed_since(mark)
        met.append(Parts(here or inside != 0, quantized, calls, failed))

    def compare(self, test: Value, met: list[Parts]) -> None:
        """Learn from the two branches of a condition whether its flag decides."""
        flag = flag_of(test)
        if flag is None or len(met) != 2:
            return
        if met[0].decides(met[1]) or met[1].decides(met[0]):
            self.deciding[flag.key] = None


def with_flags(interp: Interpreter, value: Value, key: tuple[object, ...], depth: int = 3) -> Value:
    """A value with which a file begins: what nobody knows of it is a switch, perhaps.

    By that, or by what a dict or an object of settings holds, conditions in several places go
    together.
    """
    if isinstance(value, (Unknown, NotTensor)):
        return replace(value, flag=Flag(key)) if value.flag is None else value
    if isinstance(value, Union) and all(map(_is_switch, value.options)):
        return Unknown(flag=Flag(key))
    if isinstance(value, Instance) and is_module(value):
        return value
    held = data_of(value)
    for holder in {id(each): each for each in (value, held)}.values():
        if isinstance(holder, (Dict, Instance)) and depth:
            for slot, each in list(holder.slots.items()):
                switch = with_flags(interp, each, (*key, slot), depth - 1)
                if switch is not each:
                    interp.heap.write(holder, slot, switch)
    return value


def _is_switch(value: Value) -> bool:
    """Whether a value is a default, or what is there instead of it."""
    if isinstance(value, Constant):
        return isinstance(value.value, bool)
    return isinstance(value, (Unknown, NotTensor))


def flag_of(value: Value) -> Flag | None:
    """The flag whose value this is."""
    return value.flag if isinstance(value, (Unknown, NotTensor)) else None
