"""How often a function binds its names, and the attributes that it writes."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator

# Methods that change the object that they are called on.
_CHANGES = frozenset(
    "append appendleft extend insert pop popleft popitem clear remove discard add update sort "
    "setdefault reverse rotate".split()
)
# As often as nothing that stays the same is bound.
CHANGING = 2


@lru_cache(maxsize=4096)
def bindings_of(function: model.FunctionDef | model.Lambda) -> Counter[str]:
    """How often a function binds its names, and its ``.attributes``; ``CHANGING`` times or more
    what does not stand for the same all the time.
    """  # noqa: D205
    bindings: Counter[str] = Counter()
    parameters = function.parameters
    for each in (*parameters.by_position, *parameters.keyword_only):
        bindings[each.name] += 1
    for node in model.walk(function.body):
        if type(node) in _BINDING:
            for name in _changed_by(node):
                bindings[name] += CHANGING
            if isinstance(node, model.Assign):
                for name in _names(node.targets):
                    bindings[name] += 1
    return bindings


_BINDING = frozenset(
    {
        model.Assign,
        model.AugmentedAssign,
        model.Call,
        model.CapturePattern,
        model.Delete,
        model.For,
        model.ForClause,
        model.NamedExpr,
        model.ScopeDeclaration,
        model.Try,
        model.While,
        model.With,
    }
)


def _changed_by(node: model.Node) -> Iterator[str]:
    """The names that stand for something else each time that a statement runs."""
    if isinstance(node, (model.For, model.While)):
        inner = [each for each in model.walk(node.body) if isinstance(each, model.Assign)]
        yield from _names(tuple(each.targets for each in inner))
    if isinstance(node, (model.For, model.ForClause, model.NamedExpr, model.AugmentedAssign)):
        yield from _names(node.target)
    elif isinstance(node, model.With):
        yield from _names(tuple(target for _, target in node.items if target is not None))
    elif isinstance(node, model.Delete):
        yield from _names(node.targets)
    elif isinstance(node, model.Try):
        yield from (name for name, _ in node.handlers if name is not None)
    elif isinstance(node, model.Call) and isinstance(node.func, model.Attribute):
        if node.func.name in _CHANGES:
            yield from _names(node.func.value)
    elif isinstance(node, model.ScopeDeclaration):
        yield from node.names
    elif isinstance(node, model.CapturePattern) and node.name is not None:
        yield node.name


def _names(targets: object) -> Iterator[str]:
    if isinstance(targets, tuple):
        for each in targets:
            yield from _names(each)
    elif isinstance(targets, model.Sequence):
        yield from _names(targets.elements)
    elif isinstance(targets, (model.Starred, model.Subscript)):
        yield from _names(targets.value)
    elif isinstance(targets, model.Attribute):
        yield "." + targets.name
    elif isinstance(targets, model.Name):
        yield targets.id
