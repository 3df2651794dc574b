"""Small programs that say in comments what must be found in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.config import Settings
from qlint.engine import lint

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
import torch
from torch import nn
import torch.nn.functional as F
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub, QuantWrapper


"""
_MARK = re.compile(r"#\s*((?:QL\d{3}(?:,\s*)?)+)\s*$")


def marks(source: str) -> list[tuple[int, str]]:
    """Rows and codes of the ``# QLnnn`` comments in a source."""
    return sorted(
        (row, code.strip())
        for row, line in enumerate(source.splitlines(), 1)
        if (mark := _MARK.search(line))
        for code in mark.group(1).split(",")
        if code.strip()
    )


def check(folder: Path, files: dict[str, str] | str, *, assume_quantized: bool = False) -> None:
    """Lint files written to ``folder``; each marked row, and no other, must be reported.

    A single source gets HEAD in front.
    """
    if isinstance(files, str):
        files = {"net.py": HEAD + files}
    paths = []
    for name, source in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        paths.append(path)
    settings = Settings(root=folder, assume_quantized=assume_quantized)
    found: dict[str, list[tuple[int, str]]] = {name: [] for name in files}
    for each in lint(paths, settings):
        name = str(each.filename).removeprefix(f"{folder}/")
        found[name].append((each.location.row, each.code))
    expected = {name: marks(source) for name, source in files.items()}
    reported = {name: sorted(rows) for name, rows in found.items()}
    assert reported == expected, f"reported {reported}, expected {expected}"
