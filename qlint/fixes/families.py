"""Classes that share instances, and names for new attributes that none of them has yet."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from qlint.flow.values import Class
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator


def family(cls: Class) -> list[Class]:
    """The classes of the program of which an instance can also be one of ``cls``."""
    found: dict[Class, None] = {}
    waiting = [cls]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = None
            waiting += each.subclasses
    ancestors = [base for each in found for base in each.mro if isinstance(base, Class)]
    return list(dict.fromkeys([*found, *ancestors]))


class Names:
    """Gives each new attribute a name of its own."""

    def __init__(self) -> None:
        self._given: dict[Class, set[str]] = defaultdict(set)
        self._declared: dict[Class, set[str]] = {}

    def new(self, cls: Class, wish: str) -> str:
        """A name for an attribute of a class: the one wished for, or that with a number."""
        relatives = family(cls)
        taken = set[str]().union(*(self._taken(each) for each in relatives))
        name, number = wish, 0
        while name in taken:
            number += 1
            name = f"{wish}_{number}"
        self._given[cls].add(name)
        return name

    def given(self) -> dict[Class, frozenset[str]]:
        """What has been given so far, to come back to by ``restore``."""
        return {cls: frozenset(names) for cls, names in self._given.items()}

    def restore(self, given: dict[Class, frozenset[str]]) -> None:
        """Take back the names given since."""
        self._given.clear()
        self._given.update({cls: set(names) for cls, names in given.items()})

    def _taken(self, cls: Class) -> set[str]:
        if cls not in self._declared:
            self._declared[cls] = set(_declared(cls.node)) | set(cls.namespace)
        return self._declared[cls] | self._given[cls]


def _declared(node: model.ClassDef) -> Iterator[str]:
    """The names that the code of a class gives to attributes, or asks for."""
    methods = [each for each in model.walk(node.body) if isinstance(each, model.FunctionDef)]
    this = {each.parameters.positional[0].name for each in methods if each.parameters.positional}
    for each in model.walk(node.body):
        if isinstance(each, model.Attribute) and model.last_name(each.value) in this:
            yield each.name
        elif isinstance(each, model.Constant) and isinstance(each.value, str):
            yield each.value
