"""Output formats. Each public module of this package is one, called by its name.

A format has ``write(report, stream)``, and ``write_statistics(report, stream)`` if it can show
counts instead of findings.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def available() -> list[str]:
    """The names of the formats; nothing is imported to find them."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in names if not name.startswith("_"))


def load(name: str) -> ModuleType:
    """The module of an available format."""
    return importlib.import_module(f"{__name__}.{name}")
