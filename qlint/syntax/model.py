"""The syntax model: what the analysis needs of a Python file, with exact source offsets.

Every node has ``start`` and ``end``: offsets into the file's text, end exclusive, surrounding
parentheses left out, but for those of a tuple. Nodes hold no reference to the tree that the parser
makes, so that a file's model can be kept.
Annotations are ordinary expressions, docstrings are ordinary constants.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(slots=True, eq=False)
class Node:
    """Anything with a place in the file."""

    start: int
    end: int


# Expressions


@dataclass(slots=True, eq=False)
class Expression(Node):
    """Anything that has a value."""


@dataclass(slots=True, eq=False)
class Constant(Expression):
    value: object


@dataclass(slots=True, eq=False)
class Name(Expression):
    id: str


@dataclass(slots=True, eq=False)
class Attribute(Expression):
    value: Expression
    name: str


@dataclass(slots=True, eq=False)
class Subscript(Expression):
    value: Expression
    index: Expression


@dataclass(slots=True, eq=False)
class Slice(Expression):
    lower: Expression | None
    upper: Expression | None
    step: Expression | None


@dataclass(slots=True, eq=False)
class Argument(Node):
    """``value``, ``keyword=value``, ``*value`` or ``**value``."""

    value: Expression
    keyword: str | None
    stars: int


@dataclass(slots=True, eq=False)
class Call(Expression):
    func: Expression
    arguments: tuple[Argument, ...]


@dataclass(slots=True, eq=False)
class BinaryOp(Expression):
    op: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class UnaryOp(Expression):
    op: str
    operand: Expression


@dataclass(slots=True, eq=False)
class BooleanOp(Expression):
    op: str
    left: Expression
    right: Expression


@dataclass(slots=True, eq=False)
class Compare(Expression):
    left: Expression
    ops: tuple[str, ...]
    comparators: tuple[Expression, ...]


@dataclass(slots=True, eq=False)
class Conditional(Expression):
    """``body if test else orelse``."""

    test: Expression
    body: Expression
    orelse: Expression


@dataclass(slots=True, eq=False)
class Lambda(Expression):
    parameters: Parameters
    body: Expression


@dataclass(slots=True, eq=False)
class Sequence(Expression):
    """A list, tuple or set display."""

    kind: Literal["list", "tuple", "set"]
    elements: tuple[Expression, ...]


@dataclass(slots=True, eq=False)
class Dict(Expression):
    """A dict display; a key of None stands for ``**value``."""

    items: tuple[tuple[Expression | None, Expression], ...]


@dataclass(slots=True, eq=False)
class Starred(Expression):
    value: Expression


@dataclass(slots=True, eq=False)
class Comprehension(Expression):
    """``kind`` is the result's; a dict comprehension has a ``key``."""

    kind: Literal["list", "set", "dict", "generator"]
    key: Expression | None
    element: Expression
    clauses: tuple[ForClause, ...]


@dataclass(slots=True, eq=False)
class ForClause(Node):
    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]


@dataclass(slots=True, eq=False)
class NamedExpr(Expression):
    target: Expression
    value: Expression


@dataclass(slots=True, eq=False)
class Await(Expression):
    value: Expression


@dataclass(slots=True, eq=False)
class Yield(Expression):
    value: Expression | None
    is_from: bool


@dataclass(slots=True, eq=False)
class FormattedString(Expression):
    """An f-string; ``parts`` are its literal texts and its expressions, in order."""

    parts: tuple[str | Expression, ...]


# Functions


@dataclass(slots=True, eq=False)
class Parameter(Node):
    name: str
    annotation: Expression | None
    default: Expression | None


@dataclass(slots=True, eq=False)
class Parameters:
    positional_only: tuple[Parameter, ...]
    positional: tuple[Parameter, ...]
    star: Parameter | None
    keyword_only: tuple[Parameter, ...]
    double_star: Parameter | None

    @property
    def by_position(self) -> tuple[Parameter, ...]:
        """Those that an argument can be given to by its position, in order."""
        return self.positional_only + self.positional


# Patterns


@dataclass(slots=True, eq=False)
class Pattern(Node):
    """What a subject is matched with."""


@dataclass(slots=True, eq=False)
class ValuePattern(Pattern):
    """A constant or a dotted name."""

    value: Expression


@dataclass(slots=True, eq=False)
class CapturePattern(Pattern):
    """``pattern as name``, ``name``, ``*name`` or ``_``."""

    pattern: Pattern | None
    name: str | None
    starred: bool = False


@dataclass(slots=True, eq=False)
class OrPattern(Pattern):
    options: tuple[Pattern, ...]


@dataclass(slots=True, eq=False)
class SequencePattern(Pattern):
    items: tuple[Pattern, ...]


@dataclass(slots=True, eq=False)
class MappingPattern(Pattern):
    items: tuple[tuple[Expression, Pattern], ...]
    rest: str | None


@dataclass(slots=True, eq=False)
class ClassPattern(Pattern):
    cls: Expression
    positional: tuple[Pattern, ...]
    keywords: tuple[tuple[str, Pattern], ...]


# Statements


@dataclass(slots=True, eq=False)
class Statement(Node):
    """A statement; for a compound one ``start`` to ``end`` is its header only."""


Block: TypeAlias = "tuple[Statement, ...]"


@dataclass(slots=True, eq=False)
class ExpressionStatement(Statement):
    value: Expression


@dataclass(slots=True, eq=False)
class Assign(Statement):
    """``a = b = value``, or an annotated assignment (value None when only declared)."""

    targets: tuple[Expression, ...]
    value: Expression | None
    annotation: Expression | None


@dataclass(slots=True, eq=False)
class AugmentedAssign(Statement):
    target: Expression
    op: str
    value: Expression


@dataclass(slots=True, eq=False)
class Return(Statement):
    value: Expression | None


@dataclass(slots=True, eq=False)
class Raise(Statement):
    values: tuple[Expression, ...]


@dataclass(slots=True, eq=False)
class Assert(Statement):
    test: Expression


@dataclass(slots=True, eq=False)
class Delete(Statement):
    targets: tuple[Expression, ...]


@dataclass(slots=True, eq=False)
class ScopeDeclaration(Statement):
    """``global`` or ``nonlocal``."""

    kind: Literal["global", "nonlocal"]
    names: tuple[str, ...]


@dataclass(slots=True, eq=False)
class Jump(Statement):
    """``break``, ``continue`` or ``pass``."""

    kind: Literal["break", "continue", "pass"]


@dataclass(slots=True, eq=False)
class Import(Statement):
    """``import a.b as c``: pairs of dotted name and alias."""

    names: tuple[tuple[str, str | None], ...]


@dataclass(slots=True, eq=False)
class ImportFrom(Statement):
    """``from ..module import name as alias``; ``names`` is None for ``*``."""

    level: int
    module: str
    names: tuple[tuple[str, str | None], ...] | None


@dataclass(slots=True, eq=False)
class If(Statement):
    test: Expression
    body: Block
    orelse: Block


@dataclass(slots=True, eq=False)
class For(Statement):
    target: Expression
    iterable: Expression
    body: Block
    orelse: Block


@dataclass(slots=True, eq=False)
class While(Statement):
    test: Expression
    body: Block
    orelse: Block


@dataclass(slots=True, eq=False)
class With(Statement):
    items: tuple[tuple[Expression, Expression | None], ...]
    body: Block


@dataclass(slots=True, eq=False)
class Try(Statement):
    body: Block
    handlers: tuple[tuple[str | None, Block], ...]
    orelse: Block
    finalbody: Block


@dataclass(slots=True, eq=False)
class Match(Statement):
    """``cases`` are patterns with their guards and bodies."""

    subject: Expression
    cases: tuple[tuple[Pattern, Expression | None, Block], ...]


@dataclass(slots=True, eq=False)
class FunctionDef(Statement):
    name: str
    parameters: Parameters
    decorators: tuple[Expression, ...]
    body: Block
    is_async: bool
    is_generator: bool


@dataclass(slots=True, eq=False)
class ClassDef(Statement):
    name: str
    bases: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: Block


@dataclass(slots=True, eq=False)
class CommentLine:
    """A comment: the offset of its ``#`` and its text."""

    start: int
    text: str


@dataclass(slots=True, eq=False)
class File:
    """One lowered file. ``line_starts[i]`` is the offset at which row ``i + 1`` begins."""

    body: Block
    comments: tuple[CommentLine, ...]
    line_starts: tuple[int, ...]


def walk(part: object) -> Iterator[Node]:
    """All nodes in a node or a tuple of nodes, itself first."""
    # It runs over all code many times: what holds no nodes is not even put on the list.
    waiting = [part]
    while waiting:
        each = waiting.pop()
        kind = type(each)
        if kind is tuple:
            waiting += each  # type: ignore[arg-type]
        elif kind in _PARTS:
            if kind is not Parameters:
                yield each  # type: ignore[misc]
            for name in _PARTS[kind]:
                held = getattr(each, name)
                if held:
                    waiting.append(held)


def parts(node: Node) -> Iterator[Node]:
    """The nodes directly in a node."""
    waiting = [getattr(node, name) for name in reversed(_PARTS[type(node)])]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Node):
            yield each
        elif isinstance(each, tuple):
            waiting += reversed(each)
        elif isinstance(each, Parameters):
            waiting += [getattr(each, name) for name in reversed(_PARTS[Parameters])]


def end_of(part: object) -> int:
    """Where the last node in a node or block ends; a compound statement itself is its header."""
    return max(each.end for each in walk(part))


def blocks(statement: Node) -> Iterator[Block]:
    """The blocks of a compound statement; none of any other."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, ())
        if isinstance(block, tuple):  # that of a lambda is an expression
            yield block
    yield from (block for _, block in getattr(statement, "handlers", ()))
    yield from (block for _, _, block in getattr(statement, "cases", ()))


def bound_names(node: Node) -> Iterator[str]:
    """The names that a node binds where it stands."""
    targets: tuple[Expression, ...] = ()
    if isinstance(node, (Parameter, FunctionDef, ClassDef)):
        yield node.name
    elif isinstance(node, (Import, ImportFrom)):
        yield from imported((node,))
    elif isinstance(node, Assign):
        targets = node.targets
    elif isinstance(node, (For, NamedExpr)):
        targets = (node.target,)
    elif isinstance(node, With):
        targets = tuple(target for _, target in node.items if target is not None)
    yield from (name for each in targets for name in _names_in(each))


def _names_in(target: Expression) -> Iterator[str]:
    """The names that a target binds: of ``a, b.c, d[i]`` only ``a``."""
    if isinstance(target, Name):
        yield target.id
    elif isinstance(target, Sequence):
        yield from (name for each in target.elements for name in _names_in(each))
    elif isinstance(target, Starred):
        yield from _names_in(target.value)


def imported(nodes: Iterable[Node]) -> dict[str, str]:
    """What the absolute imports among nodes bind, and the dotted names of that."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, Import):
            for dotted, alias in node.names:
                package = dotted.partition(".")[0]
                found[alias or package] = dotted if alias else package
        elif isinstance(node, ImportFrom) and not node.level:
            for name, alias in node.names or ():
                found[alias or name] = f"{node.module}.{name}"
    return found


def is_name(node: Node, name: str) -> bool:
    """Whether a node is nothing but a certain name."""
    return isinstance(node, Name) and node.id == name


def last_name(expression: Node) -> str:
    """``c`` of ``a.b.c`` or of ``c`` alone; empty for anything else."""
    if isinstance(expression, Attribute):
        return expression.name
    return expression.id if isinstance(expression, Name) else ""


def _parts(kind: type[Node | Parameters]) -> tuple[str, ...]:
    """The fields that may hold nodes."""
    plain = ("int", "str", "str | None", "bool", "object")
    return tuple(each.name for each in fields(kind) if each.type not in plain)


def _kinds(kind: type[Node]) -> Iterator[type[Node]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _kinds(each)


_PARTS: dict[type, tuple[str, ...]] = {
    Parameters: _parts(Parameters),
    **{kind: _parts(kind) for kind in _kinds(Node)},
}
