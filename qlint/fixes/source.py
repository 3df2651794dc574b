"""A file as an editor of it sees it: nodes with what is around them, lines and their ends."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from qlint.diagnostics import Edit
from qlint.syntax import model
from qlint.syntax.comments import all_comments
from qlint.syntax.positions import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import Site
    from qlint.flow.values import Class
    from qlint.program.project import Module

_NodeT = TypeVar("_NodeT", bound=model.Node)


class Source:
    """One linted file."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.text = module.text
        self.body = module.file.body
        # Why no attribute can be given to instances of a class, empty if one can.
        self.refused: dict[Class, str] = {}

    @cached_property
    def line_end(self) -> str:
        """How the file ends its lines."""
        found = LINE_END.search(self.text)
        return "\n" if found is None else found[0]

    @cached_property
    def nodes(self) -> tuple[model.Node, ...]:
        """All that the file consists of."""
        return tuple(model.walk(self.body))

    @cached_property
    def _around(self) -> dict[model.Node, model.Node]:
        return {part: node for node in self.nodes for part in model.parts(node)}

    @cached_property
    def _at(self) -> dict[tuple[int, int], list[model.Node]]:
        found: dict[tuple[int, int], list[model.Node]] = {}
        for node in self.nodes:
            found.setdefault((node.start, node.end), []).append(node)
        return found

    @cached_property
    def functions(self) -> tuple[model.FunctionDef, ...]:
        """All functions and methods."""
        return tuple(each for each in self.nodes if isinstance(each, model.FunctionDef))

    @cached_property
    def calls(self) -> tuple[model.Call, ...]:
        """All calls."""
        return tuple(each for each in self.nodes if isinstance(each, model.Call))

    @cached_property
    def imports(self) -> tuple[model.Import | model.ImportFrom, ...]:
        """The imports at the top level."""
        return tuple(
            each for each in self.body if isinstance(each, (model.Import, model.ImportFrom))
        )

    @cached_property
    def imported(self) -> dict[str, str]:
        """What the imports at the top level bind, and the dotted names of that; not what is bound
        to anything else as well.
        """  # noqa: D205
        found = model.imported(self.imports)
        for node in _of_module(self.body):
            meant = model.imported((node,))
            for name in model.bound_names(node):
                if name in found and found[name] != meant.get(name):
                    del found[name]
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """All names that the code uses or defines anywhere."""
        found = set()
        for each in self.nodes:
            if isinstance(each, model.Name):
                found.add(each.id)
            elif isinstance(each, (model.ClassDef, model.FunctionDef, model.Parameter)):
                found.add(each.name)
        return frozenset(found)

    def find(self, site: Site, kind: type[_NodeT]) -> _NodeT | None:
        """The node of a kind that stands exactly at a site."""
        nodes = self._at.get((site.start, site.end), ())
        return next((node for node in nodes if isinstance(node, kind)), None)

    def around(self, node: model.Node) -> Iterator[model.Node]:
        """The nodes that a node lies in, the innermost first."""
        outer = self.parent(node)
        while outer is not None:
            yield outer
            outer = self.parent(outer)

    def parent(self, node: model.Node | None) -> model.Node | None:
        """The node that one lies in directly; None of a statement at the top level."""
        return None if node is None else self._around.get(node)

    def statement(self, node: model.Node) -> model.Statement | None:
        """The statement that an expression is part of."""
        if isinstance(node, model.Statement):
            return node
        return next((each for each in self.around(node) if isinstance(each, model.Statement)), None)

    def block(self, statement: model.Statement) -> model.Block:
        """The statements among which one stands."""
        outer = self.parent(statement)
        if outer is None:
            return self.body
        blocks = model.blocks(outer)
        return next((block for block in blocks if statement in block), (statement,))

    def of(self, node: model.Node) -> str:
        """The text of a node."""
        return self.text[node.start : node.end]

    def of_all(self, statement: model.Statement) -> str:
        """The text of a statement with all that is in it."""
        return self.text[statement.start : model.end_of(statement)]

    def whole(self, node: model.Expression) -> tuple[int, int]:
        """From where to where an expression stands with the parentheses around it, if these are
        not those of the call or definition that it is in.
        """  # noqa: D205
        start, end = node.start, node.end
        low, high = self._room_of(node)
        while True:
            before = self.text[low:start].rstrip()
            behind = self.skip(end)
            if not before.endswith("(") or behind >= high or self.text[behind] != ")":
                return start, end
            start, end = low + len(before) - 1, behind + 1

    def _room_of(self, node: model.Expression) -> tuple[int, int]:
        """From where to where parentheses around an expression may stand."""
        first = self.parent(node)
        second = self.parent(first)
        if isinstance(first, model.Argument) and isinstance(second, model.Call):
            if first.keyword is not None or first.stars:
                return first.start, second.end - 1
            return self.token("(", self.whole(second.func)[1], node.start) + 1, second.end - 1
        return (0, len(self.text)) if first is None else (first.start, first.end)

    def is_atom(self, node: model.Expression) -> bool:
        """Whether an operator in front of an expression would take all of it."""
        atoms = (model.Name, model.Attribute, model.Call, model.Subscript, model.Constant)
        return isinstance(node, atoms) or self.whole(node) != (node.start, node.end)

    def skip(self, offset: int) -> int:
        """Where the next token begins from an offset on, past blanks and comments."""
        while offset < len(self.text):
            if self.text[offset] == "#":
                offset = self.end_of_row(offset)
            elif self.text[offset] in " \t\f\r\n\\":
                offset += 1
            else:
                break
        return offset

    def skip_blanks(self, offset: int) -> int:
        """Where the next character that is no blank stands from an offset on."""
        while self.text[offset : offset + 1] in (" ", "\t"):
            offset += 1
        return offset

    def token(self, word: str, start: int, end: int) -> int:
        """Where a token stands between two offsets, between which there are only tokens of one
        character beside it, blanks and comments; -1 if it does not.
        """  # noqa: D205
        offset = self.skip(start)
        while offset < end:
            if self.text.startswith(word, offset):
                return offset
            offset = self.skip(offset + 1)
        return -1

    def has_comment(self, start: int, end: int) -> bool:
        """Whether a comment begins between two offsets."""
        if "#" not in self.text[start:end]:
            return False
        return any(start <= each < end for each in self._comments)

    @cached_property
    def _comments(self) -> list[int]:
        starts = self.module.file.line_starts
        return [each.start for each in all_comments(self.text, starts)]

    def start_of_row(self, offset: int) -> int:
        """Where the row of an offset begins."""
        return self.module.file.line_starts[self.module.position(offset).row - 1]

    def end_of_row(self, offset: int) -> int:
        """Where the row of an offset ends, in front of what ends it."""
        found = LINE_END.search(self.text, offset)
        return len(self.text) if found is None else found.start()

    def end_of_line(self, statement: model.Statement) -> int:
        """Where the last line of a simple statement ends, and of those on the same line."""
        end = statement.end
        while True:
            line_end = self.end_of_row(end)
            longer = [
                each.end for each in self.block(statement) if each.start < line_end < each.end
            ]
            if not longer:
                return line_end
            end = max(longer)

    def end_of_block(self, statement: model.Statement) -> int:
        """Where the last line of a statement ends, with all that is in it."""
        inside = [each for each in model.walk(statement) if isinstance(each, model.Statement)]
        return self.end_of_line(max(inside, key=lambda each: each.end))

    def indentation(self, statement: model.Statement) -> str | None:
        """The blanks in front of a statement, None if something else stands there."""
        before = self.text[self.start_of_row(statement.start) : statement.start]
        return before if not before.strip() else None

    @cached_property
    def _rows(self) -> list[range]:
        return [self.module.rows(each) for each in self.nodes if isinstance(each, model.Statement)]

    def rows_around(self, edit: Edit) -> frozenset[int]:
        """The rows of the statements that an edit touches."""
        first, last = edit.location.row, edit.end_location.row
        touched = [each for each in self._rows if each.start <= last and first < each.stop]
        return frozenset(row for each in touched for row in each) | {first, last}

    def enclose(
        self,
        opening: str,
        start: int,
        end: int,
        closing: str = ")",
        *,
        outside: bool = False,
        once: bool = False,
    ) -> list[Edit]:
        """Edits that put something in front of a stretch and behind it.

        Of two that begin or end at one place the shorter is the inner one, and of two of the same
        stretch the one that is not ``outside``.
        """
        span = end - start
        return [
            self.edit(start, start, opening, 1, -span, -outside, once=once),
            self.edit(end, end, closing, 0, span, outside, once=once),
        ]

    def edit(self, start: int, end: int, content: str, *rank: int, once: bool = False) -> Edit:
        """An edit of a stretch of the file."""
        position = self.module.position
        path = str(self.module.path)
        return Edit(path, position(start), position(end), content, rank or (0,), once)


def _of_module(block: model.Block) -> Iterator[model.Statement]:
    """The statements of the top level of a file, also those under conditions."""
    for each in block:
        yield each
        if not isinstance(each, (model.FunctionDef, model.ClassDef)):
            for inner in model.blocks(each):
                yield from _of_module(inner)
