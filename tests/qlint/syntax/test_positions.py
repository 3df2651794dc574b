"""Spans of the syntax model, held against those of the standard library's parser."""

from __future__ import annotations

import ast
import re
import sys
import sysconfig
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from qlint.syntax import model
from qlint.syntax.errors import SourceError
from qlint.syntax.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAME = {
    model.Call: "Call",
    model.BinaryOp: "BinOp",
    model.Name: "Name",
    model.Attribute: "Attribute",
    model.Subscript: "Subscript",
    model.Conditional: "IfExp",
    model.Lambda: "Lambda",
    model.AugmentedAssign: "AugAssign",
    model.Compare: "Compare",
    model.NamedExpr: "NamedExpr",
}
_STDLIB = Path(sysconfig.get_path("stdlib"))
_FILES = sorted([*_STDLIB.glob("[a-d]*.py"), *_STDLIB.glob("asyncio/*.py")])


def nodes(part: object) -> Iterator[model.Node]:
    """All nodes below a node or tuple of nodes."""
    if isinstance(part, tuple):
        for each in part:
            yield from nodes(each)
    elif isinstance(part, (model.Node, model.Parameters)):
        if isinstance(part, model.Node):
            yield part
        for name in type(part).__dataclass_fields__:
            yield from nodes(getattr(part, name))


def our_spans(text: str) -> set[tuple[object, ...]]:
    """Kind, start and end of each node, as `ast` counts: columns in UTF-8 bytes from 0."""
    file = parse(text)

    def place(offset: int) -> tuple[int, int]:
        row = bisect_right(file.line_starts, offset)
        return row, len(text[file.line_starts[row - 1] : offset].encode())

    return {
        (_SAME[type(node)], *place(node.start), *place(node.end))
        for node in nodes(file.body)
        if type(node) in _SAME
    }


class _Spans(ast.NodeVisitor):
    """Spans of `ast`, without what the model leaves out on purpose."""

    def __init__(self) -> None:
        self.found: set[tuple[object, ...]] = set()

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Inside an f-string older Pythons count columns from another place."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        node.returns = None
        self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_Assert(self, node: ast.Assert) -> None:
        self.visit(node.test)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        node.type = None
        self.generic_visit(node)

    def visit_match_case(self, node: ast.match_case) -> None:
        for part in (*([node.guard] if node.guard else ()), *node.body):
            self.visit(part)

    def generic_visit(self, node: ast.AST) -> None:
        kind = type(node).__name__
        if kind in _SAME.values():
            self.found.add(
                (kind, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
            )
        super().generic_visit(node)


def their_spans(text: str) -> set[tuple[object, ...]]:
    """The same, from the standard library."""
    visitor = _Spans()
    visitor.visit(ast.parse(text))
    return visitor.found


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name)
def test_standard_library(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = their_spans(text)
    assert expected - our_spans(text) == set()


SNIPPETS = {
    "carriage returns": "a = b.c(d)\r\ne = f[g] + h\r\n",
    "tabs and form feeds": "if a:\n\tb = c(d)\n\x0ce = f\n",
    "continuation": "a = b + \\\n    c(d,\\\n  e)\n",
    "beyond the BMP": "a = '\U0001f600' + b(c)\nd = '漢字' * e\n",
    "comments": "a = (  # one ( here\n    b  # two\n    # three\n    + c(d)  # four\n)\n# end",
    "semicolons": "a = b; c(d); e += f;\n",
    "decorators": "@a.b\n@c(d)\ndef e(f=g, *h, i: j = k, **l): return m(n)\n",
    "positional only": "def a(b, /, c, *, d=e): return b[c]\n",
    "parentheses": "a = ((b))(((c)), (d.e))[(f)]\ng = (h)(i)(j)\n",
    "lambda": "a = lambda b, *c, d=e, **f: b(c) if d else f\n",
    "walrus": "if (a := b(c)) and not (d := e): f(a)\n",
    "stars": "a(*b, **c)\n[*d, e(f)]\n{**g, h: i[j]}\nk, *l = m\n",
    "slices": "a[b:c, ::d, e(f):, ...]\n",
    "comparisons": "a(b) is not c not in d != e\n",
    "strings": "a('''b\nc''', 'd' \"e\", rb'f\\n')[g]\n",
    "f-strings": "a(f'{b!r:>{c}} {{d}} {e(f)=}')(g)\n",
    "match": "match a(b):\n    case C(d, e=[f, *g]) if h(i):\n        j(d)\n"
    "    case {'k': l, **m} | n:\n        o[p]\n",
    "try": "try:\n    a(b)\nexcept (c, d) as e:\n    f(e)\nelse:\n    g(h)\nfinally:\n    i(j)\n",
    "with": "with (a(b) as c, d(e)):\n    f(g)\nwith h(i) as j, k:\n    l(m)\n",
    "async": "async def a():\n    async with b(c) as d:\n        await e(f)\n"
    "        async for g in h(i):\n            yield j(k)\n    return [l async for l in m(n)]\n",
    "comprehensions": "a = {b(c): d[e] for f in g(h) if i(j) for k in l}\n",
    "no newline at the end": "a = b(c)",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippet(name: str) -> None:
    text = SNIPPETS[name]
    expected = their_spans(text)
    assert expected
    assert expected - our_spans(text) == set()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_type_parameters() -> None:
    text = "def a[T: (int, str)](b: T) -> T: return c(b)\nclass D[*Ts](e(f)): pass\ntype X = int\n"
    assert our_spans(text)


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment", "\ufeff".encode().decode("utf-8-sig")]
)
def test_nothing(text: str) -> None:
    assert parse(text).body == ()


def test_comments_are_kept_with_their_places() -> None:
    text = "a = [  # one\r    1,\r\n]  # noqa\n# three"
    comments = [(text[each.start], each.text) for each in parse(text).comments]
    assert comments == [("#", "# one"), ("#", "# noqa"), ("#", "# three")]


def test_comments_that_nothing_reads_are_left_out() -> None:
    assert parse("a = 1  # one\n").comments == ()


def test_a_hash_in_a_string_is_no_comment() -> None:
    assert parse("a = '# noqa'\n").comments == ()


def test_headers_end_before_their_colon() -> None:
    text = (
        "def a(b: c = d[1:2],  # e: f\n    ) -> g:\n    pass\n"
        "class h(i, j=k[:]) : pass\nif (l): pass\nwith m as n, o: pass\ntry: pass\nfinally: pass\n"
        "def p(): pass\nasync def q(*r, **s): pass\nwhile t : pass\nclass u: pass\n"
    )
    headers = [text[each.start : each.end] for each in parse(text).body]
    assert headers == [
        "def a(b: c = d[1:2],  # e: f\n    ) -> g",
        "class h(i, j=k[:])",
        "if (l)",
        "with m as n, o",
        "try",
        "def p()",
        "async def q(*r, **s)",
        "while t",
        "class u",
    ]


def test_positions_inside_f_strings_are_within_them() -> None:
    text = 'a = (f\'{b(c)}\'\n    \'d\' f"""{\n  e + f}""")\n'
    start, end = text.index("f'"), text.rindex(")")
    inner = [
        each for each in nodes(parse(text).body) if isinstance(each, (model.Call, model.BinaryOp))
    ]
    assert len(inner) == 2
    assert all(start <= each.start < each.end <= end for each in inner)


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("a = 1\nb = (\n", 2, "syntax error: '(' was never closed"),
        ("a = 1\nb = 1 +\n", 2, "syntax error: invalid syntax"),
        ("a\0b", 1, "null bytes"),
        ("(" * 5000 + ")" * 5000, 1, "too many nested parentheses"),
        ("a" + " + a" * 100_000, 1, "nested too deeply"),
        ("-" * 100_000 + "a", 1, "nested too deeply"),
    ],
)
def test_what_is_not_python(text: str, row: int, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)) as raised:
        parse(text)
    assert raised.value.row == row
