"""Methods in the place of others that take the same arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.fixes.reasons import NotFixableError
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.fixes.build import Made
    from qlint.fixes.source import Source
    from qlint.flow.events import Site
    from qlint.repairs import CallInstead


def call_instead(source: Source, site: Site, repair: CallInstead) -> Made:
    """What to say, how safe it is, and the edits.

    Raises:
        NotFixableError: It is no call of a method.
    """
    node = source.find(site, model.Call)
    if node is None or not isinstance(node.func, model.Attribute):
        raise NotFixableError("it is written in a way that qlint cannot edit")
    end = node.func.end
    edits = [source.edit(end - len(node.func.name), end, repair.method)]
    edits += [  # `size=` of `view`
        source.edit(each.start, each.start + len(each.keyword), "shape")
        for each in node.arguments
        if each.keyword is not None
    ]
    return f"call `{repair.method}`, which copies where it has to", "safe", tuple(edits)
