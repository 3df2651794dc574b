"""Quantizers: what assertions know about one, and how all of a model's are found.

A quantizer is one place where values are observed or fake-quantized. Which classes are
quantizers, and what their toggles are called, is known to the readers in
`pytest_qcheck.flows` and to those that users register.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pytest_qcheck.flows import builtin_readers
from pytest_qcheck.readers import registered_readers
from pytest_qcheck.wrappers import unwrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from torch import nn


@dataclass(frozen=True, eq=False)
class Quantizer:
    """One quantizer of a model and its state at the moment it was read.

    Attributes:
        name: dotted name in the model, without the `module.` of a data-parallel wrapper.
        module: the quantizer itself.
        kind: whether it quantizes an activation or a weight.
        fake_quant: whether it fake-quantizes; None if the class never does.
        observer: whether a forward updates statistics and qparams; None if the class has
            no observer that could move anything (fixed qparams, placeholders).
        learning: whether its qparams are learned; None if the class cannot learn them.
        toggle_names: for each of `fake_quant`, `observer`, `learning` the attribute that
            decides it. A state without a name here cannot be switched.
        scale: current scale(s), None if the class holds none.
        zero_point: current zero point(s), None if the class holds none.
        parameters: qparams that are `nn.Parameter`s, by attribute name.
        seen_data: whether its observer has seen data; None if it needs none.
        observed_range: smallest and largest values seen, None if the class keeps no range.
        quant_range: smallest and largest integer of its grid, None if it has no grid.
    """

    name: str
    module: nn.Module
    kind: Literal["activation", "weight"]
    fake_quant: bool | None = None
    observer: bool | None = None
    learning: bool | None = None
    toggle_names: Mapping[str, str] = field(default_factory=dict)
    scale: torch.Tensor | None = None
    zero_point: torch.Tensor | None = None
    parameters: Mapping[str, nn.Parameter] = field(default_factory=dict)
    seen_data: bool | None = None
    observed_range: tuple[torch.Tensor, torch.Tensor] | None = None
    quant_range: tuple[int, int] | None = None

    @property
    def class_name(self) -> str:
        """Name of the quantizer's class."""
        return type(self.module).__name__

    @property
    def owner(self) -> str:
        """Name of the module that the quantizer belongs to; empty for the model itself."""
        return self.name.rpartition(".")[0]


@dataclass(frozen=True)
class UnknownQuantizer:
    """A module that has a quantizer's attributes and a class that no reader knows."""

    name: str
    class_name: str


def find_quantizers(model: nn.Module) -> list[Quantizer]:
    """Every quantizer of `model`, in the order of `model.named_modules()`.

    A quantizer shared by several owners is listed once. Observers inside a fake-quant
    are part of it and are not listed.
    """
    return [found for found in _walk(model) if isinstance(found, Quantizer)]


def find_unknown_quantizers(model: nn.Module) -> list[UnknownQuantizer]:
    """Modules that look like quantizers but that no reader can read."""
    return [found for found in _walk(model) if isinstance(found, UnknownQuantizer)]


def _walk(model: nn.Module) -> Iterator[Quantizer | UnknownQuantizer]:
    readers = (*registered_readers(), *builtin_readers())
    visited: set[int] = set()

    def visit(name: str, module: nn.Module) -> Iterator[Quantizer | UnknownQuantizer]:
        module = unwrap(module)
        if id(module) in visited:
            return
        visited.add(id(module))
        for read in readers:
            quantizer = read(name, module)
            if quantizer is not None:
                yield quantizer
                return
        if _looks_like_quantizer(module):
            yield UnknownQuantizer(name, f"{type(module).__module__}.{type(module).__qualname__}")
            return
        for child_name, child in module.named_children():
            yield from visit(f"{name}.{child_name}" if name else child_name, child)

    yield from visit("", model)


def _looks_like_quantizer(module: nn.Module) -> bool:
    if hasattr(module, "fake_quant_enabled"):
        return True
    return hasattr(module, "calculate_qparams") and not any(
        hasattr(child, "calculate_qparams") for child in module.children()
    )
