"""The hooks that a plugin can implement (entry point group ``qlint``).

A plugin is a module, or any object, with functions marked by ``hookimpl``::

    from qlint.hookspecs import hookimpl
    from qlint.rules.base import Rule


    class NoLegacyStub(Rule):
        code, name, summary = "ACM001", "no-legacy-stub", "our old stub is used"


    @hookimpl
    def qlint_rules():
        return [NoLegacyStub]

and is announced in the ``pyproject.toml`` of its distribution::

    [project.entry-points.qlint]
    acme = "acme_qlint"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qlint.rules.base import Rule

hookspec = pluggy.HookspecMarker("qlint")
hookimpl = pluggy.HookimplMarker("qlint")


@hookspec
def qlint_rules() -> Sequence[type[Rule]]:  # type: ignore[empty-body]
    """Return the classes of additional rules."""
