"""Lowering the patterns of ``case`` to the syntax model."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qlint.syntax.expressions import ExpressionLowering
    from qlint.syntax.positions import Positions


class PatternLowering:
    """Lowers patterns."""

    def __init__(self, positions: Positions, expressions: ExpressionLowering) -> None:
        self._positions = positions
        self._expressions = expressions

    def lower(self, node: ast.pattern) -> model.Pattern:
        """Lower one pattern."""
        span = self._positions.span(node)
        if isinstance(node, ast.MatchValue):
            return model.ValuePattern(*span, self._expressions.lower(node.value))
        if isinstance(node, ast.MatchSingleton):
            return model.ValuePattern(*span, model.Constant(*span, node.value))
        if isinstance(node, ast.MatchAs):
            inner = None if node.pattern is None else self.lower(node.pattern)
            return model.CapturePattern(*span, inner, node.name)
        if isinstance(node, ast.MatchStar):
            return model.CapturePattern(*span, None, node.name, starred=True)
        if isinstance(node, ast.MatchOr):
            return model.OrPattern(*span, self._all(node.patterns))
        if isinstance(node, ast.MatchSequence):
            return model.SequencePattern(*span, self._all(node.patterns))
        if isinstance(node, ast.MatchMapping):
            keys = self._expressions.lower_all(node.keys)
            pairs = tuple(zip(keys, self._all(node.patterns), strict=True))
            return model.MappingPattern(*span, pairs, node.rest)
        assert isinstance(node, ast.MatchClass)
        cls = self._expressions.lower(node.cls)
        keywords = tuple(zip(node.kwd_attrs, self._all(node.kwd_patterns), strict=True))
        return model.ClassPattern(*span, cls, self._all(node.patterns), keywords)

    def _all(self, nodes: Iterable[ast.pattern]) -> tuple[model.Pattern, ...]:
        return tuple([self.lower(each) for each in nodes])
