"""What a rule proposes to do about a finding; ``qlint.fixes`` makes edits of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repair:
    """Base of all proposals."""


@dataclass(frozen=True, slots=True)
class UseFunctional(Repair):
    """Compute it by a FloatFunctional of its own."""


@dataclass(frozen=True, slots=True)
class UseModule(Repair):
    """Call a module of its own instead of a function: ``nn.<name>``."""

    name: str


@dataclass(frozen=True, slots=True)
class OwnInstance(Repair):
    """Call an instance of its own of the same class."""


@dataclass(frozen=True, slots=True)
class CallInstead(Repair):
    """Call another method with the same arguments."""

    method: str


@dataclass(frozen=True, slots=True)
class FloatIsland(Repair):
    """Dequantize what it gets, and quantize what it returns by a QuantStub of its own."""


@dataclass(frozen=True, slots=True)
class FinerScale(Repair):
    """The same, for an activation that runs on int8, but with the scale of what it gets."""


@dataclass(frozen=True, slots=True)
class Rename(Repair):
    """Write the name that something has now."""

    name: str
    new: str


@dataclass(frozen=True, slots=True)
class QuantizeInput(Repair):
    """Call a QuantStub on what a model gets."""


@dataclass(frozen=True, slots=True)
class DequantizeOutput(Repair):
    """Call a DeQuantStub on what a model returns."""
