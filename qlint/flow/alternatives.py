"""Whether what a table holds under several keys are alternatives: each can stand for the others.

What a program looks up by a key that nobody knows is one of a table's values. Of a choice between
two kinds of blocks that says a lot; of a registry that holds whole models, their parts and losses
it says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.flow.values import Class, External, Function, Value
from qlint.semantics.names import NN

if TYPE_CHECKING:
    from collections.abc import Sequence

# Parameters that say nothing of what a class is.
_SETTINGS = frozenset("cfg config conf args opt opts options hparams params settings".split())
_FAMILY = re.compile("Norm|Pool|Conv|Linear|Pad|Dropout|Loss|Embedding|Upsampl")


def are_alternatives(values: Sequence[Value]) -> bool:
    """Whether all classes among some values are made alike, or all do the same kind of thing."""
    classes = [each for each in values if isinstance(each, Class)]
    if len(classes) > 1:
        return _are_made_alike(classes)
    layers = {
        _family(each.name)
        for each in values
        if isinstance(each, External) and each.name.startswith(NN)
    }
    return len(layers) < 2


def _family(name: str) -> str:
    found = _FAMILY.search(name)
    return "activation" if found is None else found.group()


def _are_made_alike(classes: Sequence[Class]) -> bool:
    """Whether the parameters of each constructor are the first ones of the longest."""
    made = sorted((_parameters(cls) for cls in classes), key=len)
    longest = made[-1]
    alike = all(each == longest[: len(each)] for each in made)
    return alike and not _SETTINGS.issuperset(longest or {"nothing"})


def _parameters(cls: Class) -> tuple[str, ...]:
    constructor = cls.lookup("__init__")
    if not isinstance(constructor, Function):
        return ()
    parameters = constructor.node.parameters
    given = (*parameters.positional_only, *parameters.positional)[1:]
    return tuple(each.name for each in (*given, *parameters.keyword_only))
