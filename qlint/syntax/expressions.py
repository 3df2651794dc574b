"""Lowering expressions to the syntax model."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any, Literal

from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from qlint.syntax.positions import Positions

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
UNARY: dict[type[ast.unaryop], str] = {
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Invert: "~",
    ast.Not: "not",
}
BOOLEAN: dict[type[ast.boolop], str] = {ast.And: "and", ast.Or: "or"}
COMPARISON: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_PLAIN = -1  # the conversion of `{x}` in an f-string
_KNOWS_PLACES_IN_TEXTS = sys.version_info >= (3, 12)


class ExpressionLowering:
    """Lowers expressions."""

    def __init__(self, positions: Positions) -> None:
        self.saw_yield = False
        self._span = positions.span
        self._by_type: dict[type[ast.expr], Callable[[Any], model.Expression]] = {
            ast.Name: self._name,
            ast.Constant: self._constant,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.Slice: self._slice,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._comparison,
            ast.IfExp: self._conditional,
            ast.Lambda: self._lambda,
            ast.Tuple: self._tuple,
            ast.List: self._list,
            ast.Set: self._set,
            ast.Dict: self._dict,
            ast.ListComp: self._list_comprehension,
            ast.SetComp: self._set_comprehension,
            ast.DictComp: self._dict_comprehension,
            ast.GeneratorExp: self._generator,
            ast.NamedExpr: self._named,
            ast.Await: self._await,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
            ast.JoinedStr: self._formatted,
            ast.Starred: self._starred,
        }

    def lower(self, node: ast.expr) -> model.Expression:
        """Lower one expression."""
        lowering = self._by_type.get(type(node))
        if lowering is None:  # younger than this table: a value we do not know
            return model.FormattedString(*self._span(node), ())
        return lowering(node)

    def lower_optional(self, node: ast.expr | None) -> model.Expression | None:
        """Lower an expression if it is there."""
        return None if node is None else self.lower(node)

    def lower_all(self, nodes: Iterable[ast.expr]) -> tuple[model.Expression, ...]:
        """Lower several expressions."""
        return tuple([self.lower(each) for each in nodes])

    def lower_parameters(self, node: ast.arguments) -> model.Parameters:
        """Lower what stands between the parentheses of ``def`` or after ``lambda``."""
        count = len(node.posonlyargs) + len(node.args)
        defaults = [*[None] * (count - len(node.defaults)), *node.defaults]
        named = [
            self._parameter(each, default)
            for each, default in zip([*node.posonlyargs, *node.args], defaults, strict=True)
        ]
        only = len(node.posonlyargs)
        keyword_only = [
            self._parameter(each, default)
            for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
        ]
        return model.Parameters(
            tuple(named[:only]),
            tuple(named[only:]),
            None if node.vararg is None else self._parameter(node.vararg, None),
            tuple(keyword_only),
            None if node.kwarg is None else self._parameter(node.kwarg, None),
        )

    def lower_arguments(
        self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]
    ) -> tuple[model.Argument, ...]:
        """Lower the arguments of a call or the bases of a class, in the order of their places."""
        arguments = [self._argument(each) for each in args]
        if keywords:
            arguments += [self._keyword(each) for each in keywords]
            arguments.sort(key=lambda each: each.start)
        return tuple(arguments)

    def _parameter(self, node: ast.arg, default: ast.expr | None) -> model.Parameter:
        start, end = self._span(node)
        annotation, lowered = self.lower_optional(node.annotation), self.lower_optional(default)
        if lowered is not None:
            end = lowered.end
        return model.Parameter(start, end, node.arg, annotation, lowered)

    def _argument(self, node: ast.expr) -> model.Argument:
        if isinstance(node, ast.Starred):
            return model.Argument(*self._span(node), self.lower(node.value), None, 1)
        value = self.lower(node)
        return model.Argument(value.start, value.end, value, None, 0)

    def _keyword(self, node: ast.keyword) -> model.Argument:
        stars = 2 if node.arg is None else 0
        return model.Argument(*self._span(node), self.lower(node.value), node.arg, stars)

    def _name(self, node: ast.Name) -> model.Expression:
        return model.Name(*self._span(node), node.id)

    def _constant(self, node: ast.Constant) -> model.Expression:
        return model.Constant(*self._span(node), node.value)

    def _attribute(self, node: ast.Attribute) -> model.Expression:
        return model.Attribute(*self._span(node), self.lower(node.value), node.attr)

    def _call(self, node: ast.Call) -> model.Expression:
        func = self.lower(node.func)
        arguments = self.lower_arguments(node.args, node.keywords)
        return model.Call(*self._span(node), func, arguments)

    def _subscript(self, node: ast.Subscript) -> model.Expression:
        return model.Subscript(*self._span(node), self.lower(node.value), self.lower(node.slice))

    def _slice(self, node: ast.Slice) -> model.Expression:
        bounds = [self.lower_optional(each) for each in (node.lower, node.upper, node.step)]
        return model.Slice(*self._span(node), *bounds)

    def _binary(self, node: ast.BinOp) -> model.Expression:
        left, right = self.lower(node.left), self.lower(node.right)
        return model.BinaryOp(*self._span(node), BINARY[type(node.op)], left, right)

    def _unary(self, node: ast.UnaryOp) -> model.Expression:
        op, operand = UNARY[type(node.op)], self.lower(node.operand)
        if op == "-" and isinstance(operand, model.Constant):
            value = operand.value
            if isinstance(value, (int, float, complex)):
                return model.Constant(*self._span(node), -value)
        return model.UnaryOp(*self._span(node), op, operand)

    def _boolean(self, node: ast.BoolOp) -> model.Expression:
        op, (start, end) = BOOLEAN[type(node.op)], self._span(node)
        first, *others = self.lower_all(node.values)
        for other in others:
            first = model.BooleanOp(start, other.end, op, first, other)
        first.end = end
        return first

    def _comparison(self, node: ast.Compare) -> model.Expression:
        left, comparators = self.lower(node.left), self.lower_all(node.comparators)
        ops = tuple([COMPARISON[type(each)] for each in node.ops])
        return model.Compare(*self._span(node), left, ops, comparators)

    def _conditional(self, node: ast.IfExp) -> model.Expression:
        parts = self.lower(node.test), self.lower(node.body), self.lower(node.orelse)
        return model.Conditional(*self._span(node), *parts)

    def _lambda(self, node: ast.Lambda) -> model.Expression:
        parameters = self.lower_parameters(node.args)
        outer, self.saw_yield = self.saw_yield, False
        body = self.lower(node.body)
        self.saw_yield = outer
        return model.Lambda(*self._span(node), parameters, body)

    def _starred(self, node: ast.Starred) -> model.Expression:
        return model.Starred(*self._span(node), self.lower(node.value))

    def _sequence(
        self, node: ast.Tuple | ast.List | ast.Set, kind: Literal["list", "tuple", "set"]
    ) -> model.Expression:
        return model.Sequence(*self._span(node), kind, self.lower_all(node.elts))

    def _tuple(self, node: ast.Tuple) -> model.Expression:
        return self._sequence(node, "tuple")

    def _list(self, node: ast.List) -> model.Expression:
        return self._sequence(node, "list")

    def _set(self, node: ast.Set) -> model.Expression:
        return self._sequence(node, "set")

    def _dict(self, node: ast.Dict) -> model.Expression:
        items = [
            (self.lower_optional(key), self.lower(value))
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return model.Dict(*self._span(node), tuple(items))

    def _clause(self, node: ast.comprehension) -> model.ForClause:
        target, iterable = self.lower(node.target), self.lower(node.iter)
        conditions = self.lower_all(node.ifs)
        end = conditions[-1].end if conditions else iterable.end
        return model.ForClause(target.start, end, target, iterable, conditions)

    def _comprehension(
        self,
        node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
        kind: Literal["list", "set", "dict", "generator"],
        key: ast.expr | None,
        element: ast.expr,
    ) -> model.Expression:
        clauses = tuple([self._clause(each) for each in node.generators])
        parts = self.lower_optional(key), self.lower(element)
        return model.Comprehension(*self._span(node), kind, *parts, clauses)

    def _list_comprehension(self, node: ast.ListComp) -> model.Expression:
        return self._comprehension(node, "list", None, node.elt)

    def _set_comprehension(self, node: ast.SetComp) -> model.Expression:
        return self._comprehension(node, "set", None, node.elt)

    def _dict_comprehension(self, node: ast.DictComp) -> model.Expression:
        return self._comprehension(node, "dict", node.key, node.value)

    def _generator(self, node: ast.GeneratorExp) -> model.Expression:
        return self._comprehension(node, "generator", None, node.elt)

    def _named(self, node: ast.NamedExpr) -> model.Expression:
        return model.NamedExpr(*self._span(node), self.lower(node.target), self.lower(node.value))

    def _await(self, node: ast.Await) -> model.Expression:
        return model.Await(*self._span(node), self.lower(node.value))

    def _yield(self, node: ast.Yield) -> model.Expression:
        self.saw_yield = True
        return model.Yield(*self._span(node), self.lower_optional(node.value), is_from=False)

    def _yield_from(self, node: ast.YieldFrom) -> model.Expression:
        self.saw_yield = True
        return model.Yield(*self._span(node), self.lower(node.value), is_from=True)

    def _formatted(self, node: ast.JoinedStr) -> model.Expression:
        span, outer = self._span(node), self._span
        if not _KNOWS_PLACES_IN_TEXTS:  # all that is inside stands where the whole does
            self._span = lambda node: span  # noqa: ARG005
        parts = tuple([self._formatted_part(each) for each in node.values])
        self._span = outer
        return model.FormattedString(*span, parts)

    def _formatted_part(self, node: ast.expr) -> str | model.Expression:
        if isinstance(node, ast.Constant):
            return str(node.value)
        if not isinstance(node, ast.FormattedValue):
            return self.lower(node)
        value = self.lower(node.value)
        if node.conversion == _PLAIN and node.format_spec is None:
            return value
        return model.FormattedString(value.start, value.end, (value,))
