"""QL901: names from before quantization moved to ``torch.ao``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.repairs import Rename
from qlint.rules.base import Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import LegacyName


class LegacyNamespace(Rule):
    """Quantization is imported from a namespace that torch has left.

    What it does
    ------------
    Finds imports from ``torch.quantization``, ``torch.nn.quantized``, ``torch.nn.quantizable``,
    ``torch.nn.qat`` and ``torch.nn.intrinsic``, and the dotted name ``torch.quantization``.

    Why is this bad
    ---------------
    All of it lives in ``torch.ao`` since torch 1.13; what is left at the old places are re-exports
    that may go with any release, and parts of it (``quantization_types``) have gone already. New
    names are added in ``torch.ao`` alone.

    Example
    -------
    ::

        from torch.quantization import QuantStub

        qconfig = torch.quantization.get_default_qconfig("x86")

    Use instead
    -----------
    ::

        from torch.ao.quantization import QuantStub

        qconfig = torch.ao.quantization.get_default_qconfig("x86")

    Fix safety
    ----------
    ``--fix`` writes the new name: it means the very same object. An import that takes names from
    several namespaces at once is left to a human.

    Limits
    ------
    Imports in ``try`` and under an ``if`` that asks for a version or by ``hasattr`` are left alone:
    such code serves old releases of torch. So are the few names that have no counterpart, and
    ``nn.quantized.FloatFunctional()``, which torch's own documents and torchvision write.
    """

    code = "QL901"
    name = "legacy-namespace"
    summary = "quantization is imported from a namespace that torch has left"
    severity = "warning"
    fixes = ("safe",)
    examples = (
        Example(
            "imports and dotted names",
            """\
import torch
import torch.quantization as tq  # QL901
from torch.nn import quantized as nnq  # QL901
from torch.quantization import DeQuantStub, QuantStub  # QL901


def prepare(model):
    model.qconfig = torch.quantization.get_default_qconfig("x86")  # QL901
    return tq.prepare(model)
""",
        ),
        Example(
            "the new namespaces, code for both, and names of others",
            """\
import torch
from torch import nn
from torch.ao.nn import quantized as nnq
from torch.ao.quantization import DeQuantStub, QuantStub

from mine import quantization

try:
    from torch.ao.quantization import quantize_fx
except ImportError:
    from torch.quantization import quantize_fx

if hasattr(torch, "ao"):
    fuse = torch.ao.quantization.fuse_modules
else:
    fuse = torch.quantization.fuse_modules


def engine(nn):
    return torch.backends.quantized.engine, quantization.scheme, nn.quantize


def skip():
    return torch.nn.quantized.FloatFunctional()
""",
        ),
    )

    def on_legacy_name(self, event: LegacyName) -> Iterator[Finding]:
        """Report the name."""
        message = f"`{event.name}` is a name from before quantization moved to `torch.ao`"
        yield Finding(event.site, message, f"write `{event.new}`", Rename(event.name, event.new))
