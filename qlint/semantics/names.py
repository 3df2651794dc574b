"""One name for each thing torch exports under several."""

from __future__ import annotations

import sys
from functools import lru_cache

NN = "torch.nn."
FUNCTIONAL = "torch.nn.functional."
SEQUENCES = "torch.nn.utils.rnn."
QUANTIZATION = "torch.ao.quantization."
QUANTIZED = "torch.ao.nn.quantized."

_PREFIXES = (
    ("torch.nn.functional", FUNCTIONAL),
    ("torch.nn.modules", NN),
    ("torch.nn.parallel", NN),
    ("torch.nn.parameter", NN),
    ("torch.nn.quantized", QUANTIZED),
    ("torch.ao.nn.quantized", QUANTIZED),
    ("torch.ao.quantization", QUANTIZATION),
    ("torch.quantization", QUANTIZATION),
    ("torch.functional", "torch."),
    ("torch.linalg", "torch."),
    ("torch.special", "torch."),
)
# Namespaces below the quantization packages that are flows of their own.
_OTHER_FLOWS = ("quantize_fx", "quantize_pt2e", "quantizer", "pt2e", "fx", "dynamic", "reference")


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """The one name we know something by: ``torch.quantization.stubs.QuantStub`` and all others
    that mean it become ``torch.ao.quantization.QuantStub``.
    """  # noqa: D205
    for prefix, replacement in _PREFIXES:
        if name.startswith(prefix + "."):
            middle, _, last = name[len(prefix) + 1 :].rpartition(".")
            if any(part in _OTHER_FLOWS for part in middle.split(".")):
                return name
            return replacement + last
    return name


@lru_cache(maxsize=4096)
def looks_like_class(name: str) -> bool:
    """Whether a dotted name is, by convention, a class."""
    return name.rpartition(".")[2].lstrip("_")[:1].isupper()


@lru_cache(maxsize=4096)
def may_be_module_class(name: str) -> bool:
    """Whether an outside class can be an ``nn.Module``: one of torch's or of a third party."""
    package = name.partition(".")[0]
    if package == "torch":
        return canonical(name).startswith((NN, "torch.ao.", "torch.fx.", "torch.jit."))
    return package not in sys.stdlib_module_names and package not in ("numpy", "PIL", "cv2")
