"""Lowering the patterns of ``case`` to the syntax model."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Sequence


def lower_pattern(node: cst.MatchPattern, start: int, end: int) -> model.Pattern:
    """Lower one pattern; all of it gets the same span, since nothing in it is ever reported."""
    return _Lowering(start, end).lower(node)


class _Lowering:
    def __init__(self, start: int, end: int) -> None:
        self.span = (start, end)

    def lower(self, node: cst.CSTNode) -> model.Pattern:
        if isinstance(node, cst.MatchValue):
            return model.ValuePattern(*self.span, self._value(node.value))
        if isinstance(node, cst.MatchSingleton):
            return model.ValuePattern(*self.span, self._value(node.value))
        if isinstance(node, cst.MatchAs):
            inner = None if node.pattern is None else self.lower(node.pattern)
            return model.CapturePattern(*self.span, inner, _text(node.name))
        if isinstance(node, cst.MatchStar):
            return model.CapturePattern(*self.span, None, _text(node.name), starred=True)
        if isinstance(node, cst.MatchOr):
            options = tuple(self.lower(each.pattern) for each in node.patterns)
            return model.OrPattern(*self.span, options)
        if isinstance(node, (cst.MatchList, cst.MatchTuple)):
            return model.SequencePattern(*self.span, self._items(node.patterns))
        if isinstance(node, cst.MatchMapping):
            pairs = tuple(
                (self._value(each.key), self.lower(each.pattern)) for each in node.elements
            )
            return model.MappingPattern(*self.span, pairs, _text(node.rest))
        assert isinstance(node, cst.MatchClass)
        keywords = tuple((each.key.value, self.lower(each.pattern)) for each in node.kwds)
        cls = self._value(node.cls)
        return model.ClassPattern(*self.span, cls, self._items(node.patterns), keywords)

    def _items(self, nodes: Sequence[cst.CSTNode]) -> tuple[model.Pattern, ...]:
        return tuple(
            self.lower(each.value if isinstance(each, cst.MatchSequenceElement) else each)
            for each in nodes
        )

    def _value(self, node: cst.BaseExpression) -> model.Expression:
        if isinstance(node, cst.Name):
            if node.value in ("True", "False", "None"):
                return model.Constant(*self.span, ast.literal_eval(node.value))
            return model.Name(*self.span, node.value)
        if isinstance(node, cst.Attribute):
            return model.Attribute(*self.span, self._value(node.value), node.attr.value)
        try:
            return model.Constant(*self.span, ast.literal_eval(cst.Module([]).code_for_node(node)))
        except ValueError:  # a sum such as `1 + 2j`
            return model.Constant(*self.span, ...)


def _text(name: cst.Name | None) -> str | None:
    return None if name is None else name.value
