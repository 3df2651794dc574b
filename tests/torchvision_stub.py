"""Importing torchvision beside a CPU build of torch.

torchvision registers fake kernels for operators that its compiled library declares; there is no
CPU build of that library, so the two operators are declared here.
"""

from __future__ import annotations

import importlib
from typing import Any

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_library: torch.library.Library | None = None


def import_torchvision(module: str = "torchvision") -> Any:
    """Import a module of torchvision, its two operators declared first."""
    global _library
    if _library is None and not hasattr(torch.ops.torchvision, "nms"):
        _library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            _library.define(name + _SCHEMA)
    return importlib.import_module(module)
