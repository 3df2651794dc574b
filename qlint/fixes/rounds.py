"""One module for each round of a loop: an nn.ModuleList, indexed by the loop's own counter.

As many are made as the loop has rounds, by what its header says: ``range(self.depth)``,
``range(1, len(self.convs))``, ``enumerate(self.blocks)`` or ``self.blocks``. The end of
``__init__`` can say that as well where it depends on nothing but what ``__init__`` has set, and
nobody else sets anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qlint.fixes.instances import assignments
from qlint.fixes.owners import bound_in
from qlint.fixes.reasons import NotFixableError
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.diagnostics import Edit
    from qlint.fixes.owners import Owner
    from qlint.fixes.program import Program
    from qlint.fixes.source import Source

_LOOPS = (model.For, model.While, model.Comprehension)
_OPERATORS = frozenset({"+", "-", "*", "//"})
_ITERATORS = frozenset({"zip", "reversed"})
_VIEWS = frozenset({"items", "values"})
# What a counter is called, if the function does not call something else so.
_COUNTERS = ("i", "n", "index", "number", "round_number")


@dataclass(frozen=True, slots=True)
class Rounds:
    """The rounds of loops, one in the other.

    ``index`` is the source that picks a module of a list of lists, ``items`` that of something with
    an item for each round, from the outermost loop to the innermost, and ``edits`` give loops the
    counters that they lack.
    """

    index: str
    items: tuple[str, ...]
    edits: tuple[Edit, ...]

    def list_of(self, made: str, modules: str) -> str:
        """The source of a list with a module for each round; ``modules`` that of its class."""
        for items in reversed(self.items):
            made = f"{modules}([{made} for _ in {items}])"
        return made


def rounds_of(source: Source, node: model.Node, owner: Owner, program: Program) -> Rounds:
    """The rounds of the loops in which something is.

    Raises:
        NotFixableError: How many there are is not known before the first one.
    """
    around = list(source.around(node))
    end = next(n for n, each in enumerate(around) if isinstance(each, model.FunctionDef))
    function = around[end]
    assert isinstance(function, model.FunctionDef)
    taken = _names_in(function)
    index, items = "", list[str]()
    edits: list[Edit] = []
    for loop in reversed([each for each in around[:end] if isinstance(each, _LOOPS)]):
        if not isinstance(loop, model.For) or not any(node is e for e in model.walk(loop.body)):
            raise _not_counted()
        counter, bound, template = _counter(loop) or (None, loop.iterable, "{}")
        if not _is_settled(bound, owner, program):
            raise _not_counted()
        if counter is None or counter == "_":
            name = next((each for each in _COUNTERS if each not in taken), None)
            if name is None:
                raise _not_counted()
            taken.add(name)
            edits += _counted(source, loop, name) if counter is None else _named(source, loop, name)
            counter = name
        elif any(counter in model.bound_names(each) for each in model.walk(loop.body)):
            raise _not_counted()
        index += f"[{counter}]"
        items.append(template.format(source.of(bound)))
    return Rounds(index, tuple(items), tuple(edits))


def _not_counted() -> NotFixableError:
    return NotFixableError(
        "it runs in a loop, where one instance would merge the ranges of all rounds; it takes an "
        "nn.ModuleList with one for each"
    )


def _names_in(function: model.FunctionDef) -> set[str]:
    nodes = model.walk((function.parameters, function.body))
    return {*bound_in(function), *(each.id for each in nodes if isinstance(each, model.Name))}


def _counted(source: Source, loop: model.For, counter: str) -> list[Edit]:
    """Edits that make ``for x in xs`` into ``for i, x in enumerate(xs)``."""
    target = loop.target
    start, end = source.whole(target)
    first = target.elements[0] if isinstance(target, model.Sequence) else None
    bare = first is not None and start == source.whole(first)[0]
    before, behind = (f"{counter}, (", ")") if bare else (f"{counter}, ", "")
    edits = [source.edit(start, start, before, once=True)]
    if behind:
        edits.append(source.edit(end, end, behind, once=True))
    start, end = source.whole(loop.iterable)
    return [
        *edits,
        source.edit(start, start, "enumerate(", once=True),
        source.edit(end, end, ")", once=True),
    ]


def _named(source: Source, loop: model.For, counter: str) -> list[Edit]:
    """The edit that makes ``for _ in range(3)`` into ``for i in range(3)``."""
    target = loop.target.elements[0] if isinstance(loop.target, model.Sequence) else loop.target
    if any(isinstance(e, model.Name) and e.id == "_" for e in model.walk(loop.body)):
        raise _not_counted()
    return [source.edit(target.start, target.end, counter, once=True)]


def _counter(loop: model.For) -> tuple[str, model.Expression, str] | None:
    """The counter of a loop, the expression that bounds it, and what of that counts as far."""
    iterable = loop.iterable
    if not isinstance(iterable, model.Call) or not isinstance(iterable.func, model.Name):
        return None
    given = _positional(iterable)
    if iterable.func.id == "range" and isinstance(loop.target, model.Name):
        if len(given) == 1:
            return loop.target.id, given[0], "range({})"
        numbers = [each.value if isinstance(each, model.Constant) else None for each in given]
        if len(given) == 2 and type(numbers[0]) is int and numbers[0] >= 0:
            return loop.target.id, given[1], "range({})"
        if numbers[1:] == [-1, -1]:
            return loop.target.id, given[0], "range({} + 1)"
    is_pair = isinstance(loop.target, model.Sequence) and len(loop.target.elements) == 2
    if iterable.func.id == "enumerate" and len(given) == 1 and is_pair:
        assert isinstance(loop.target, model.Sequence)
        first = loop.target.elements[0]
        if isinstance(first, model.Name):
            return first.id, given[0], "{}"
    return None


def _positional(call: model.Call) -> list[model.Expression]:
    """The arguments of a call, if all of them are given by their places; none otherwise."""
    if any(each.stars or each.keyword is not None for each in call.arguments):
        return []
    return [each.value for each in call.arguments]


def _is_settled(node: model.Expression, owner: Owner, program: Program) -> bool:
    """Whether an expression means the same at the end of ``__init__`` and ever after."""
    if isinstance(node, model.Constant):
        return type(node.value) is int
    if isinstance(node, model.BinaryOp):
        sides = (node.left, node.right)
        return node.op in _OPERATORS and all(_is_settled(each, owner, program) for each in sides)
    if isinstance(node, model.Call):
        if isinstance(node.func, model.Attribute) and not node.arguments:  # of a dict
            return node.func.name in _VIEWS and _is_settled(node.func.value, owner, program)
        known = isinstance(node.func, model.Name) and node.func.id in {"len", *_ITERATORS}
        given = _positional(node) if known else []
        return bool(given) and all(_is_settled(each, owner, program) for each in given)
    if not isinstance(node, model.Attribute) or not isinstance(node.value, model.Name):
        return False
    if node.value.id != owner.this:
        return False
    made = [statement for _, statement in assignments(owner.cls, node.name)]
    if any(_is_used_up(each.value) for each in made):
        return False
    change = re.compile(
        rf"(\b\w+)\.{re.escape(node.name)}\s*"
        r"(?:=[^=]|[-+*/|]+=|\.(?:append|extend|insert|add_module|pop|clear)\()"
    )
    # `setattr(net, "depth", 3)`, and another name for a list: `blocks = net.blocks`.
    indirectly = re.compile(
        rf"""\bsetattr\((\w+),\s*["']{re.escape(node.name)}["']"""
        rf"|=\s*(\w+)\.{re.escape(node.name)}[ \t]*(?:[\n;#]|$)"
    )
    others = [*program.found(change)]
    others += [each for pair in program.found(indirectly) for each in pair if each]
    by_others = any(found != owner.this for found in others)
    return bool(made) and not by_others and owner.only_in_init(made, change)


def _is_used_up(value: model.Expression | None) -> bool:
    """Whether what an expression makes can be gone through only once."""
    if isinstance(value, model.Comprehension):
        return value.kind == "generator"
    called = model.last_name(value.func) if isinstance(value, model.Call) else None
    return called in {"zip", "map", "filter", "reversed", "iter", "enumerate", "chain", "islice"}
