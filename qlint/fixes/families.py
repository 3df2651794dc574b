"""Classes that share instances, and names for new attributes that none of them has yet."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from qlint.flow.values import Class
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from qlint.fixes.program import Program

# So many operations of a kind a class may have before their names get longer.
_MOST_ALIKE = 1000
# Names that say nothing, where others mean something to the program.
_NEUTRAL = ("functional", "op", "fixed")
# Where something else is put into a text: ``%d``, ``{}``.
_PLACES = re.compile(r"%\w|\{[^{}]*\}")


def derived(cls: Class) -> list[Class]:
    """A class, and all classes of the program that are derived from it."""
    found: dict[Class, None] = {}
    waiting = [cls]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = None
            waiting += each.subclasses
    return list(found)


def family(cls: Class) -> list[Class]:
    """The classes of the program of which an instance can also be one of ``cls``."""
    found = derived(cls)
    ancestors = [base for each in found for base in each.mro if isinstance(base, Class)]
    return list(dict.fromkeys([*found, *ancestors]))


class Names:
    """Gives each new attribute a name of its own."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._given: dict[Class, set[str]] = defaultdict(set)
        self._declared: dict[Class, set[str]] = {}
        self._patterns: dict[Class, list[re.Pattern[str]]] = {}

    def new(self, cls: Class, wish: str) -> str:
        """A name for an attribute of a class: the one wished for, or that with a number."""
        relatives = family(cls)
        taken = set[str]().union(*(self._taken(each) for each in relatives))
        patterns = [pattern for each in relatives for pattern in self._put_together(each)]
        outside, parts = self._program.names, self._program.parts_of_names
        free = (
            each
            for base in (wish, *_NEUTRAL)
            if not _has_part(base, parts)
            for each in _numbered(base)
            if each not in taken and each not in outside and not _has_part(each, parts)
        )
        name = next(
            (each for each in free if not any(pattern.fullmatch(each) for pattern in patterns)),
            f"{wish}_{len(taken)}_",
        )
        self._given[cls].add(name)
        return name

    def _put_together(self, cls: Class) -> list[re.Pattern[str]]:
        if cls not in self._patterns:
            self._patterns[cls] = list(_patterns(cls.node))
        return self._patterns[cls]

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


def _has_part(name: str, parts: Collection[str]) -> bool:
    return any(part in name for part in parts)


def _numbered(wish: str) -> Iterator[str]:
    """A name and others like it, in ways that a pattern such as ``add_{n}`` does not all take."""
    yield wish
    yield from (f"{wish}_{number}" for number in range(1, _MOST_ALIKE))
    yield from (f"{wish}{number}" for number in range(1, _MOST_ALIKE))
    yield from (f"x{number}{wish}x" for number in range(1, _MOST_ALIKE))


def _declared(node: model.ClassDef) -> Iterator[str]:
    """The names that the code of a class gives to attributes, or asks for."""
    methods = [each for each in model.walk(node.body) if isinstance(each, model.FunctionDef)]
    this = {each.name for method in methods for each in method.parameters.by_position[:1]}
    for each in model.walk(node.body):
        if isinstance(each, model.Attribute) and model.last_name(each.value) in this:
            yield each.name
        elif isinstance(each, model.Constant) and isinstance(each.value, str):
            yield each.value


def _patterns(node: model.ClassDef) -> Iterator[re.Pattern[str]]:
    """Names that the code of a class puts together: ``f"layer{n}"``, ``"layer%d" % n``."""
    for each in model.walk(node.body):
        if isinstance(each, model.FormattedString):
            parts = [re.escape(part) if isinstance(part, str) else ".*" for part in each.parts]
        elif isinstance(each, model.Constant) and isinstance(each.value, str):
            parts = [re.escape(part) for part in _PLACES.split(each.value)]
            parts = [part for pair in zip(parts, [".*"] * len(parts), strict=True) for part in pair]
            del parts[-1]
        else:
            continue
        if len(parts) > 1 and any(part not in ("", ".*") for part in parts):
            yield re.compile("".join(parts))
