"""Where code names the old namespaces of quantization; nothing has to run to see it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.flow.events import LegacyName, Site
from qlint.semantics.namespaces import moved_to
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.program.project import Module

_MENTIONED = re.compile(
    rb"\.\s*(?:quantization|quantized|quantizable|qat|intrinsic)\b"
    rb"|\btorch(?:\.nn)?[ \t]+import\b[^\n]*(?:\bquanti|\bqat\b|\bintrinsic\b|\()"
)
# `nn.quantized.FloatFunctional()` is what torch's own documents and torchvision write.
_BY_DOTTED_NAME = "torch.quantization"
# Code that asks which of two namespaces there is knows what it does.
_ASKS = re.compile(r"version|hasattr", re.IGNORECASE)


def may_be_legacy(content: bytes) -> bool:
    """Whether a file may name one of the old namespaces."""
    return _MENTIONED.search(content) is not None


def legacy_names(module: Module) -> Iterator[LegacyName]:
    """The imports from old namespaces, and the dotted names in them, of a file."""
    body = module.file.body
    asked = {
        each
        for node in model.walk(body)
        if _is_asking(node, module.text)
        for each in model.walk(node)
    }
    nodes = [each for each in model.walk(body) if each not in asked]
    local = _imported(nodes)
    for each in nodes:
        if isinstance(each, model.Import):
            names = [dotted for dotted, _ in each.names]
        elif isinstance(each, model.ImportFrom) and not each.level:
            names = [f"{each.module}.{name}" for name, _ in each.names or (("", None),)]
        elif isinstance(each, model.Attribute) and _dotted(each, local) == _BY_DOTTED_NAME:
            names = [_BY_DOTTED_NAME]
        else:
            continue
        for name in names:
            new = moved_to(name.rstrip("."))
            if new is not None:
                site = Site(module, each.start, each.end, each.start, each.end)
                yield LegacyName(site, name.rstrip("."), new)


def _is_asking(node: model.Node, text: str) -> bool:
    if isinstance(node, (model.If, model.Conditional)):
        return _ASKS.search(text, node.test.start, node.test.end) is not None
    return isinstance(node, model.Try)


def _imported(nodes: list[model.Node]) -> dict[str, str]:
    """What the imports of a file bind, but for names that it binds otherwise as well."""
    other = {
        each.id
        for node in nodes
        if isinstance(node, model.Assign)
        for each in node.targets
        if isinstance(each, model.Name)
    }
    return {name: dotted for name, dotted in model.imported(nodes).items() if name not in other}


def _dotted(node: model.Expression, local: dict[str, str]) -> str:
    names = []
    while isinstance(node, model.Attribute):
        names.append(node.name)
        node = node.value
    start = local.get(node.id, "") if isinstance(node, model.Name) else ""
    return ".".join([start, *reversed(names)]) if start == "torch" else ""
