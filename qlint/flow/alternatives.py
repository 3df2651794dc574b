"""Whether what a table holds under several keys are alternatives: each can stand for the others.

What a program looks up by a key that nobody knows is one of a table's values. Of a choice between
two kinds of blocks that says a lot; of a registry that holds whole models, their parts and losses
it says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.flow.values import Class, External, Function, Value
from qlint.semantics.modules import is_loss
from qlint.semantics.names import NN

if TYPE_CHECKING:
    from collections.abc import Sequence

# Parameters that say nothing of what a class is.
_SETTINGS = frozenset("cfg config conf args opt opts options hparams params settings".split())
# Each is followed wherever it may stand; that more of them are all possible says little of any.
_MOST_ALTERNATIVES = 8
_FAMILY = re.compile("Norm|Pool|Conv|Linear|Pad|Dropout|Loss|Embedding|Upsampl")


def are_alternatives(values: Sequence[Value], *, is_table: bool) -> bool:
    """Whether all classes among some values are made or called alike, or all do the same kind of
    thing. What stands in a table in the source was chosen as alternatives.
    """  # noqa: D205
    classes = [each for each in values if isinstance(each, Class)]
    if len(classes) > 1:
        return _are_made_alike(classes) or _are_called_alike(classes, is_table=is_table)
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


def _are_called_alike(classes: Sequence[Class], *, is_table: bool) -> bool:
    """Whether the forward passes of all classes take one input, of the same name if they are just
    kept together: models or blocks, no losses.
    """  # noqa: D205
    if all(_SETTINGS.issuperset(_parameters(cls) or {"nothing"}) for cls in classes):
        return False
    if len(classes) > _MOST_ALTERNATIVES or any(is_loss(cls.name) for cls in classes):
        return False
    inputs = {_parameters(cls, "forward") for cls in classes}
    return all(len(each) == 1 for each in inputs) and (is_table or len(inputs) == 1)


def _parameters(cls: Class, name: str = "__init__") -> tuple[str, ...]:
    method = cls.lookup(name)
    if not isinstance(method, Function):
        return ()
    parameters = method.node.parameters
    given = parameters.by_position[1:]
    return tuple(each.name for each in (*given, *parameters.keyword_only))
