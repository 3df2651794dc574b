"""A FloatFunctional that a forward pass makes anew each time becomes an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.fixes.owners import Owner
from qlint.fixes.reasons import NotFixableError
from qlint.semantics.modules import FUNCTIONALS
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qlint.fixes.build import FixBuilder, Made
    from qlint.flow.events import UnsupportedModule


def register(builder: FixBuilder, events: Sequence[UnsupportedModule]) -> Made:
    """What to say, how safe it is, and the edits.

    Raises:
        NotFixableError: The module is made elsewhere, or not the same each time.
    """
    places = {
        site
        for event in events
        for site in builder.usage.named.get((event.site, event.callee), set())
    }
    site = places.pop() if len(places) == 1 else None
    if site is None or not site.module.linted:
        raise NotFixableError("convert does not find this module: register it where it is made")
    source = builder.source(site.module)
    named = source.find(site, model.Expression)
    made = None if named is None else next(iter(source.around(named)), None)
    if named is None or not isinstance(made, model.Call) or made.func is not named:
        raise NotFixableError("convert does not find this module: register it where it is made")
    method = next(
        (each for each in source.around(made) if isinstance(each, model.FunctionDef)), None
    )
    kept = all(event.base in FUNCTIONALS for event in events)
    if method is None or method.name == "__init__" or not kept or made.arguments:
        raise NotFixableError("convert does not find this module: register it where it is made")
    if site.is_in_loop:
        raise NotFixableError("one is made in each round of a loop: it takes an nn.ModuleList")
    if made not in builder.registered:
        owner = Owner.of(source, made, builder.usage.classes)
        name = builder.names.new(owner.cls, "functional")
        edits = owner.give(name, source.of(made))
        edits.append(source.edit(made.start, made.end, f"{owner.this}.{name}"))
        builder.registered[made] = f"{owner.this}.{name}", edits
    said, edits = builder.registered[made]
    return f"make it once, as `{said}`", "safe", tuple(edits)
