"""New names for what has moved from one namespace of torch to another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.fixes.reasons import NotFixableError
from qlint.semantics.namespaces import moved_to
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.diagnostics import Edit
    from qlint.fixes.build import Made
    from qlint.fixes.source import Source
    from qlint.flow.events import Site
    from qlint.repairs import Rename


def rename(source: Source, site: Site, repair: Rename) -> Made:
    """What to say, how safe it is, and the edits.

    Raises:
        NotFixableError: The statement imports from other namespaces as well.
    """
    statement = source.find(site, model.Statement)
    node = source.find(site, model.Attribute)
    if node is not None:
        edit, written = _of_name(source, node, repair)
    elif isinstance(statement, model.ImportFrom):
        edit, written = _of_import_from(source, statement)
    else:
        edit, written = _in(source, site.start, site.end, repair.name, repair.new), repair.new
    return f"write `{written}`", "safe", (edit,)


def _of_name(source: Source, node: model.Attribute, repair: Rename) -> tuple[Edit, str]:
    """``torch.quantization`` becomes ``torch.ao.quantization``, whatever ``torch`` is called."""
    if source.has_comment(node.start, node.end):
        raise NotFixableError("a comment stands inside of it, and would be lost")
    first: model.Expression = node
    while isinstance(first, model.Attribute):
        first = first.value
    written = source.of(first) + repair.new.removeprefix("torch")
    return source.edit(node.start, node.end, written), written


def _of_import_from(source: Source, statement: model.ImportFrom) -> tuple[Edit, str]:
    new: set[str | None] = set()
    for name, _ in statement.names or ():
        package, _, last = (moved_to(f"{statement.module}.{name}") or "").rpartition(".")
        new.add(package if last == name else None)
    if statement.names is None:
        new.add(moved_to(statement.module))
    only = new.pop()
    if only is None or new:
        raise NotFixableError("it imports from several namespaces at once: make two imports of it")
    return _in(source, statement.start, statement.end, statement.module, only), only


def _in(source: Source, start: int, end: int, old: str, new: str) -> Edit:
    """An edit of the first place in a statement at which a dotted name stands."""
    found = re.compile(rf"(?<![\w.]){re.escape(old)}(?![\w.])").search(source.text, start, end)
    if found is None:
        raise NotFixableError("it is written in a way that qlint cannot edit")
    return source.edit(found.start(), found.end(), new)
