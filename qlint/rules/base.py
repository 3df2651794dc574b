"""What a rule is: a code, a docstring that teaches, examples, and event handlers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.diagnostics import Applicability, Severity
    from qlint.flow.events import (
        CoarseActivation,
        FloatInput,
        LegacyName,
        ModuleCall,
        Operation,
        QuantizedOutput,
        Site,
        UnsupportedModule,
        UnsupportedOperation,
    )
    from qlint.repairs import Repair


@dataclass(frozen=True, slots=True)
class Example:
    """A whole small file; it serves as test, as documentation and in ``--explain``.

    Every row of ``source`` that must be reported ends in a comment ``# QLnnn`` with the code
    (several codes: ``# QL101, QL103``); a source without such a comment must stay clean.
    """

    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule reports about an event: where, what, and how to cure it, by hand or by itself."""

    site: Site
    message: str
    help: str = ""
    repair: Repair | None = None


class Rule:
    """Base of all rules.

    The docstring of a rule has these headings, each on a line of its own and underlined
    with dashes: What it does, Why is this bad, Example, Use instead, Fix safety, Limits.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    severity: ClassVar[Severity] = "error"
    default: ClassVar[bool] = True
    # How safe its fixes are, where there is one.
    fixes: ClassVar[tuple[Applicability, ...]] = ()
    examples: ClassVar[tuple[Example, ...]] = ()

    def on_operation(self, event: Operation) -> Iterator[Finding]:
        """Look at one torch operation or Python operator on tensors."""
        return iter(())

    def on_unsupported_operation(self, event: UnsupportedOperation) -> Iterator[Finding]:
        """Look at one torch operation that no int8 kernel does right."""
        return iter(())

    def on_unsupported_module(self, event: UnsupportedModule) -> Iterator[Finding]:
        """Look at one call of a module that does no right by int8 tensors."""
        return iter(())

    def on_coarse_activation(self, event: CoarseActivation) -> Iterator[Finding]:
        """Look at one activation that puts out int8 on a scale too coarse for it."""
        return iter(())

    def on_module_call(self, event: ModuleCall) -> Iterator[Finding]:
        """Look at one call of an ``nn.Module`` instance."""
        return iter(())

    def on_float_input(self, event: FloatInput) -> Iterator[Finding]:
        """Look at one layer of a prepared model that gets a float tensor."""
        return iter(())

    def on_quantized_output(self, event: QuantizedOutput) -> Iterator[Finding]:
        """Look at one int8 tensor that a prepared model returns."""
        return iter(())

    def on_legacy_name(self, event: LegacyName) -> Iterator[Finding]:
        """Look at one name from an old namespace of torch."""
        return iter(())
