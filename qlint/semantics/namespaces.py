"""The namespaces of quantization that torch has left, and where their contents are now."""

from __future__ import annotations

# The longer ones come first.
_MOVED = (
    ("torch.quantization._numeric_suite_fx", "torch.ao.ns._numeric_suite_fx"),
    ("torch.quantization._numeric_suite", "torch.ao.ns._numeric_suite"),
    ("torch.quantization", "torch.ao.quantization"),
    ("torch.nn.quantized._reference", "torch.ao.nn.quantized.reference"),
    ("torch.nn.quantized", "torch.ao.nn.quantized"),
    ("torch.nn.quantizable", "torch.ao.nn.quantizable"),
    ("torch.nn.qat", "torch.ao.nn.qat"),
    ("torch.nn.intrinsic", "torch.ao.nn.intrinsic"),
)
# What has no counterpart, or is another thing there.
_STAYED = (
    "torch.quantization._quantized_conversions",
    "torch.quantization.default_eval_fn",
    "torch.quantization.fx.fusion_patterns",
    "torch.quantization.fx.quantization_patterns",
    "torch.quantization.fx.quantization_types",
)


def moved_to(dotted: str) -> str | None:
    """Where what a dotted name means is now; None if it has not moved."""
    if any(_is_in(dotted, each) for each in _STAYED):
        return None
    for old, new in _MOVED:
        if _is_in(dotted, old):
            return new + dotted[len(old) :]
    return None


def _is_in(dotted: str, namespace: str) -> bool:
    return dotted == namespace or dotted.startswith(namespace + ".")
