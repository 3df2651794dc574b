"""qlint: a static linter for quantization bugs in PyTorch code."""

__version__ = "0.1.0"
