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
    from qlint.flow.events import Site, UnsupportedModule


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
    made = None if site is None or not site.module.linted else _made_at(builder, site)
    if site is None or made is None or not all(each.base in FUNCTIONALS for each in events):
        raise NotFixableError("convert does not find this module: register it where it is made")
    source = builder.source(site.module)
    if site.is_in_loop:
        raise NotFixableError("one is made in each round of a loop: it takes an nn.ModuleList")
    if made not in builder.registered:
        owner = Owner.of(builder, source, made)
        name = builder.names.new(owner.cls, "functional")
        edits = owner.give(name, source.of(made))
        edits.append(source.edit(made.start, made.end, f"{owner.this}.{name}"))
        builder.registered[made] = f"{owner.this}.{name}", edits
    said, edits = builder.registered[made]
    return f"make it once, as `{said}`", "safe", tuple(edits)


def _made_at(builder: FixBuilder, site: Site) -> model.Call | None:
    """The call in a function by which a class that is named at a place makes an instance, the same
    each time.
    """  # noqa: D205
    source = builder.source(site.module)
    named = source.find(site, model.Expression)
    around = () if named is None else tuple(source.around(named))
    made = around[0] if around else None
    if not isinstance(made, model.Call) or made.func is not named or made.arguments:
        return None
    functions = (each for each in around if isinstance(each, model.FunctionDef))
    function = next(functions, None)
    return None if function is None or function.name == "__init__" else made
