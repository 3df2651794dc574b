"""How a file names what a fix needs, and the import that it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.semantics.names import NN, QUANTIZATION, canonical
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Collection

    from qlint.diagnostics import Edit
    from qlint.fixes.source import Source

QUANT_STUB = QUANTIZATION + "QuantStub"
DEQUANT_STUB = QUANTIZATION + "DeQuantStub"
_TOP = (1 << 30,)


def spell(source: Source, dotted: str, hidden: Collection[str] = ()) -> tuple[str, list[Edit]]:
    """How to write a name of torch in a file where some names are hidden by others, and the edits
    that import it if need be.
    """  # noqa: D205
    package, _, name = dotted.rpartition(".")
    known = {local: meant for local, meant in source.imported.items() if local not in hidden}
    for local, meant in known.items():
        if canonical(meant) == dotted:
            return local, []
    # Of what lies below `torch.ao`, only what is imported by name is sure to be there.
    if package == NN.rstrip("."):
        for local, meant in known.items():
            if meant == package:
                return f"{local}.{name}", []
        for local, meant in known.items():
            if meant == "torch":
                return f"{local}.nn.{name}", []
    local = name if name not in source.names else f"_{name}"
    alias = "" if local == name else f" as {local}"
    return local, _import(source, package, f"{name}{alias}")


def meaning(source: Source, expression: model.Expression) -> str:
    """The canonical dotted name that an expression stands for, by the imports of its file."""
    names = []
    while isinstance(expression, model.Attribute):
        names.append(expression.name)
        expression = expression.value
    if not isinstance(expression, model.Name):
        return ""
    start = source.imported.get(expression.id, "")
    return canonical(".".join([start, *reversed(names)])) if start else ""


def _import(source: Source, package: str, names: str) -> list[Edit]:
    """Put an import among those at the head of the file, in the alphabet's order."""
    line = f"from {package} import {names}"
    imports = _imports(source)
    of_torch = [each for each in imports if _is_of_torch(each)]
    before = [each for each in of_torch if _sorts_before(each, package)]
    if of_torch and not before:
        start = of_torch[0].start
        return [source.edit(start, start, f"{line}{source.line_end}", *_TOP, once=True)]
    if before or imports:
        end = source.end_of_line((before or imports)[-1])
        return [source.edit(end, end, f"{source.line_end}{line}", *_TOP, once=True)]
    docstring = source.body[0] if source.body else None
    if isinstance(docstring, model.ExpressionStatement):
        end = source.end_of_line(docstring)
        return [source.edit(end, end, f"{source.line_end * 2}{line}", *_TOP, once=True)]
    return [source.edit(0, 0, f"{line}{source.line_end}", *_TOP, once=True)]


def below_imports(source: Source, lines: str, needed: frozenset[str]) -> Edit:
    """Put a definition below the imports at the head of a file, and below those further down that
    bind the names that it needs.
    """  # noqa: D205
    above = [
        each
        for each in source.imports
        if each in _imports(source) or not needed.isdisjoint(model.imported((each,)))
    ]
    end = source.end_of_line(above[-1])
    lines = lines.rstrip()
    return source.edit(end, end, f"{source.line_end * 3}{lines}", *_TOP, 1, once=True)


def _imports(source: Source) -> list[model.Import | model.ImportFrom]:
    """The imports at the head of a file, before anything is defined there."""
    definitions = (model.ClassDef, model.FunctionDef)
    first = next((each.start for each in source.body if isinstance(each, definitions)), None)
    return [each for each in source.imports if first is None or each.start < first]


def _sorts_before(statement: model.Import | model.ImportFrom, package: str) -> bool:
    return isinstance(statement, model.Import) or statement.module <= package


def _is_of_torch(statement: model.Import | model.ImportFrom) -> bool:
    if isinstance(statement, model.ImportFrom):
        return not statement.level and statement.module.partition(".")[0] == "torch"
    return any(dotted.partition(".")[0] == "torch" for dotted, _ in statement.names)
