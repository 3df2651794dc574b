"""Lowering libcst expressions to the syntax model."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst

from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qlint.syntax.cursor import Cursor

BINARY = {
    cst.Add: "+",
    cst.Subtract: "-",
    cst.Multiply: "*",
    cst.Divide: "/",
    cst.FloorDivide: "//",
    cst.Modulo: "%",
    cst.Power: "**",
    cst.MatrixMultiply: "@",
    cst.BitAnd: "&",
    cst.BitOr: "|",
    cst.BitXor: "^",
    cst.LeftShift: "<<",
    cst.RightShift: ">>",
}
UNARY = {cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~", cst.Not: "not"}
BOOLEAN = {cst.And: "and", cst.Or: "or"}
COMPARISON = {
    cst.Equal: "==",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.In: "in",
    cst.NotIn: "not in",
}
_WORDS = {"True": True, "False": False, "None": None}


class ExpressionLowering:
    """Lowers expressions, in the order of their tokens, moving the cursor over each."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.saw_yield = False
        self._take = cursor.take
        self._empty = cst.Module([])
        self._by_type: dict[type[cst.CSTNode], Callable[[Any], model.Expression]] = {
            cst.Name: self._name,
            cst.Attribute: self._attribute,
            cst.Call: self._call,
            cst.Subscript: self._subscript,
            cst.BinaryOperation: self._binary,
            cst.UnaryOperation: self._unary,
            cst.BooleanOperation: self._boolean,
            cst.Comparison: self._comparison,
            cst.IfExp: self._conditional,
            cst.Lambda: self._lambda,
            cst.Tuple: self._tuple,
            cst.List: self._list,
            cst.Set: self._set,
            cst.Dict: self._dict,
            cst.ListComp: self._list_comprehension,
            cst.SetComp: self._set_comprehension,
            cst.DictComp: self._dict_comprehension,
            cst.GeneratorExp: self._generator,
            cst.NamedExpr: self._named,
            cst.Await: self._await,
            cst.Yield: self._yield,
            cst.SimpleString: self._string,
            cst.ConcatenatedString: self._concatenated,
            cst.FormattedString: self._formatted,
            cst.Integer: self._number,
            cst.Float: self._number,
            cst.Imaginary: self._number,
            cst.Ellipsis: self._ellipsis,
            cst.StarredElement: self._starred,
        }

    def lower(self, node: cst.BaseExpression) -> model.Expression:
        """Lower one expression with the parentheses around it."""
        for _ in node.lpar:
            self._take("(")
        lowering = self._by_type.get(type(node))
        expression = self._other(node) if lowering is None else lowering(node)
        for _ in node.rpar:
            self._take(")")
        return expression

    def skip(self, node: cst.CSTNode) -> tuple[int, int]:
        """Step over a node whose inside does not matter; return its span."""
        start = self.cursor.skip_blanks()
        # Line by line: the node alone does not know how far its block is indented.
        for line in self._empty.code_for_node(node).splitlines():
            if line.strip():
                self._take(line.strip())
        return start, self.cursor.at

    def lower_parameters(self, node: cst.Parameters) -> model.Parameters:
        """Lower what stands between the parentheses of ``def`` or after ``lambda``."""
        positional_only = tuple(self._parameter(each) for each in node.posonly_params)
        if isinstance(node.posonly_ind, cst.ParamSlash):
            self._take("/")
            self._comma(node.posonly_ind.comma)
        positional = tuple(self._parameter(each) for each in node.params)
        star = None
        if isinstance(node.star_arg, cst.Param):
            star = self._parameter(node.star_arg)
        elif isinstance(node.star_arg, cst.ParamStar):
            self._take("*")
            self._comma(node.star_arg.comma)
        keyword_only = tuple(self._parameter(each) for each in node.kwonly_params)
        double_star = None if node.star_kwarg is None else self._parameter(node.star_kwarg)
        return model.Parameters(positional_only, positional, star, keyword_only, double_star)

    def lower_arguments(self, nodes: Sequence[cst.Arg]) -> tuple[model.Argument, ...]:
        """Lower the arguments of a call or the bases of a class."""
        return tuple(self._argument(each) for each in nodes)

    def lower_annotation(self, node: cst.Annotation) -> model.Expression:
        """Lower ``: annotation`` or ``-> annotation``; the caller has taken the mark."""
        return self.lower(node.annotation)

    def _parameter(self, node: cst.Param) -> model.Parameter:
        if isinstance(node.star, str) and node.star:
            self._take(node.star)
        start = self._take(node.name.value)
        annotation = default = None
        if node.annotation is not None:
            self._take(":")
            annotation = self.lower_annotation(node.annotation)
        if node.default is not None:
            self._take("=")
            default = self.lower(node.default)
        end = self.cursor.at
        self._comma(node.comma)
        return model.Parameter(start, end, node.name.value, annotation, default)

    def _argument(self, node: cst.Arg) -> model.Argument:
        start = self._take(node.star) if node.star else self.cursor.skip_blanks()
        keyword = None
        if node.keyword is not None:
            keyword = node.keyword.value
            self._take(keyword)
            self._take("=")
        value = self.lower(node.value)
        end = self.cursor.at
        self._comma(node.comma)
        return model.Argument(start, end, value, keyword, len(node.star))

    def _comma(self, comma: cst.Comma | cst.MaybeSentinel) -> None:
        if isinstance(comma, cst.Comma):
            self._take(",")

    def _other(self, node: cst.BaseExpression) -> model.Expression:
        # Something younger than this table (a template string, say): a value we do not know.
        bare = node.with_changes(lpar=(), rpar=())
        start, end = self.skip(bare)
        return model.FormattedString(start, end, ())

    def _name(self, node: cst.Name) -> model.Expression:
        word = node.value
        start = self._take(word)
        if word in _WORDS:
            return model.Constant(start, self.cursor.at, _WORDS[word])
        return model.Name(start, self.cursor.at, word)

    def _attribute(self, node: cst.Attribute) -> model.Expression:
        start = self.cursor.skip_blanks()
        value = self.lower(node.value)
        self._take(".")
        self._take(node.attr.value)
        return model.Attribute(start, self.cursor.at, value, node.attr.value)

    def _call(self, node: cst.Call) -> model.Expression:
        start = self.cursor.skip_blanks()
        func = self.lower(node.func)
        self._take("(")
        arguments = tuple(self._argument(each) for each in node.args)
        self._take(")")
        return model.Call(start, self.cursor.at, func, arguments)

    def _subscript(self, node: cst.Subscript) -> model.Expression:
        start = self.cursor.skip_blanks()
        value = self.lower(node.value)
        self._take("[")
        inner = self.cursor.skip_blanks()
        parts = [self._subscript_element(each) for each in node.slice]
        many = len(parts) > 1 or isinstance(node.slice[-1].comma, cst.Comma)
        index = model.Sequence(inner, self.cursor.at, "tuple", tuple(parts)) if many else parts[0]
        self._take("]")
        return model.Subscript(start, self.cursor.at, value, index)

    def _subscript_element(self, node: cst.SubscriptElement) -> model.Expression:
        element: model.Expression
        if isinstance(node.slice, cst.Slice):
            element = self._slice(node.slice)
        else:
            assert isinstance(node.slice, cst.Index)
            if node.slice.star:
                start = self._take("*")
                value = self.lower(node.slice.value)
                element = model.Starred(start, self.cursor.at, value)
            else:
                element = self.lower(node.slice.value)
        self._comma(node.comma)
        return element

    def _slice(self, node: cst.Slice) -> model.Slice:
        start = self.cursor.skip_blanks()
        lower = None if node.lower is None else self.lower(node.lower)
        self._take(":")
        upper = None if node.upper is None else self.lower(node.upper)
        if isinstance(node.second_colon, cst.Colon):
            self._take(":")
        step = None if node.step is None else self.lower(node.step)
        return model.Slice(start, self.cursor.at, lower, upper, step)

    def _binary(self, node: cst.BinaryOperation) -> model.Expression:
        start = self.cursor.skip_blanks()
        left = self.lower(node.left)
        op = BINARY[type(node.operator)]
        self._take(op)
        right = self.lower(node.right)
        return model.BinaryOp(start, self.cursor.at, op, left, right)

    def _unary(self, node: cst.UnaryOperation) -> model.Expression:
        op = UNARY[type(node.operator)]
        start = self._take(op)
        operand = self.lower(node.expression)
        if op == "-" and isinstance(operand, model.Constant):
            value = operand.value
            if isinstance(value, (int, float, complex)):
                return model.Constant(start, self.cursor.at, -value)
        return model.UnaryOp(start, self.cursor.at, op, operand)

    def _boolean(self, node: cst.BooleanOperation) -> model.Expression:
        start = self.cursor.skip_blanks()
        left = self.lower(node.left)
        op = BOOLEAN[type(node.operator)]
        self._take(op)
        right = self.lower(node.right)
        return model.BooleanOp(start, self.cursor.at, op, left, right)

    def _comparison(self, node: cst.Comparison) -> model.Expression:
        start = self.cursor.skip_blanks()
        left = self.lower(node.left)
        ops: list[str] = []
        comparators: list[model.Expression] = []
        for target in node.comparisons:
            operator = target.operator
            if isinstance(operator, cst.NotEqual):
                op = "!="
                self._take(operator.value)
            else:
                op = COMPARISON[type(operator)]
                for word in op.split(" "):
                    self._take(word)
            ops.append(op)
            comparators.append(self.lower(target.comparator))
        return model.Compare(start, self.cursor.at, left, tuple(ops), tuple(comparators))

    def _conditional(self, node: cst.IfExp) -> model.Expression:
        start = self.cursor.skip_blanks()
        body = self.lower(node.body)
        self._take("if")
        test = self.lower(node.test)
        self._take("else")
        orelse = self.lower(node.orelse)
        return model.Conditional(start, self.cursor.at, test, body, orelse)

    def _lambda(self, node: cst.Lambda) -> model.Expression:
        start = self._take("lambda")
        parameters = self.lower_parameters(node.params)
        self._take(":")
        outer, self.saw_yield = self.saw_yield, False
        body = self.lower(node.body)
        self.saw_yield = outer
        return model.Lambda(start, self.cursor.at, parameters, body)

    def _elements(self, nodes: Sequence[cst.BaseElement]) -> tuple[model.Expression, ...]:
        elements = []
        for node in nodes:
            if isinstance(node, cst.StarredElement):
                elements.append(self.lower(node))
            else:
                elements.append(self.lower(node.value))
            self._comma(node.comma)
        return tuple(elements)

    def _starred(self, node: cst.StarredElement) -> model.Expression:
        start = self._take("*")
        value = self.lower(node.value)
        return model.Starred(start, self.cursor.at, value)

    def _tuple(self, node: cst.Tuple) -> model.Expression:
        start = self.cursor.skip_blanks()
        elements = self._elements(node.elements)
        return model.Sequence(start, self.cursor.at, "tuple", elements)

    def _list(self, node: cst.List) -> model.Expression:
        start = self._take("[")
        elements = self._elements(node.elements)
        self._take("]")
        return model.Sequence(start, self.cursor.at, "list", elements)

    def _set(self, node: cst.Set) -> model.Expression:
        start = self._take("{")
        elements = self._elements(node.elements)
        self._take("}")
        return model.Sequence(start, self.cursor.at, "set", elements)

    def _dict(self, node: cst.Dict) -> model.Expression:
        start = self._take("{")
        items: list[tuple[model.Expression | None, model.Expression]] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                key = self.lower(element.key)
                self._take(":")
                items.append((key, self.lower(element.value)))
            else:
                self._take("**")
                items.append((None, self.lower(element.value)))
            self._comma(element.comma)
        self._take("}")
        return model.Dict(start, self.cursor.at, tuple(items))

    def _clauses(self, node: cst.CompFor | None) -> tuple[model.ForClause, ...]:
        clauses = []
        while node is not None:
            start = self._take("async") if node.asynchronous else self.cursor.skip_blanks()
            self._take("for")
            target = self.lower(node.target)
            self._take("in")
            iterable = self.lower(node.iter)
            conditions = []
            for condition in node.ifs:
                self._take("if")
                conditions.append(self.lower(condition.test))
            end = self.cursor.at
            clauses.append(model.ForClause(start, end, target, iterable, tuple(conditions)))
            node = node.inner_for_in
        return tuple(clauses)

    def _list_comprehension(self, node: cst.ListComp) -> model.Expression:
        start = self._take("[")
        element = self.lower(node.elt)
        clauses = self._clauses(node.for_in)
        self._take("]")
        return model.Comprehension(start, self.cursor.at, "list", None, element, clauses)

    def _set_comprehension(self, node: cst.SetComp) -> model.Expression:
        start = self._take("{")
        element = self.lower(node.elt)
        clauses = self._clauses(node.for_in)
        self._take("}")
        return model.Comprehension(start, self.cursor.at, "set", None, element, clauses)

    def _dict_comprehension(self, node: cst.DictComp) -> model.Expression:
        start = self._take("{")
        key = self.lower(node.key)
        self._take(":")
        value = self.lower(node.value)
        clauses = self._clauses(node.for_in)
        self._take("}")
        return model.Comprehension(start, self.cursor.at, "dict", key, value, clauses)

    def _generator(self, node: cst.GeneratorExp) -> model.Expression:
        start = self.cursor.skip_blanks()
        element = self.lower(node.elt)
        clauses = self._clauses(node.for_in)
        return model.Comprehension(start, self.cursor.at, "generator", None, element, clauses)

    def _named(self, node: cst.NamedExpr) -> model.Expression:
        start = self.cursor.skip_blanks()
        target = self.lower(node.target)
        self._take(":=")
        value = self.lower(node.value)
        return model.NamedExpr(start, self.cursor.at, target, value)

    def _await(self, node: cst.Await) -> model.Expression:
        start = self._take("await")
        value = self.lower(node.expression)
        return model.Await(start, self.cursor.at, value)

    def _yield(self, node: cst.Yield) -> model.Expression:
        self.saw_yield = True
        start = self._take("yield")
        value, is_from = None, False
        if isinstance(node.value, cst.From):
            self._take("from")
            value, is_from = self.lower(node.value.item), True
        elif node.value is not None:
            value = self.lower(node.value)
        return model.Yield(start, self.cursor.at, value, is_from)

    def _number(self, node: cst.Integer | cst.Float | cst.Imaginary) -> model.Expression:
        text = node.value
        start = self._take(text)
        # Plain decimal digits, by far the most, need no evaluator.
        value = int(text) if text.isdecimal() and text.isascii() else ast.literal_eval(text)
        return model.Constant(start, self.cursor.at, value)

    def _ellipsis(self, _: cst.Ellipsis) -> model.Expression:
        start = self._take("...")
        return model.Constant(start, self.cursor.at, ...)

    def _string(self, node: cst.SimpleString) -> model.Expression:
        start = self._take(node.value)
        return model.Constant(start, self.cursor.at, _string_value(node.value))

    def _concatenated(self, node: cst.ConcatenatedString) -> model.Expression:
        start = self.cursor.skip_blanks()
        left, right = self.lower(node.left), self.lower(node.right)
        end = self.cursor.at
        if isinstance(left, model.Constant) and isinstance(right, model.Constant):
            if isinstance(left.value, str) and isinstance(right.value, str):
                return model.Constant(start, end, left.value + right.value)
            if isinstance(left.value, bytes) and isinstance(right.value, bytes):
                return model.Constant(start, end, left.value + right.value)
        return model.FormattedString(start, end, (*_parts(left), *_parts(right)))

    def _formatted(self, node: cst.FormattedString) -> model.Expression:
        start = self._take(node.start)
        parts = self._formatted_parts(node.parts)
        self._take(node.end)
        return model.FormattedString(start, self.cursor.at, tuple(parts))

    def _formatted_parts(
        self, nodes: Sequence[cst.BaseFormattedStringContent]
    ) -> list[str | model.Expression]:
        parts: list[str | model.Expression] = []
        for node in nodes:
            if isinstance(node, cst.FormattedStringExpression):
                parts.append(self._formatted_expression(node))
            elif isinstance(node, cst.FormattedStringText):
                self.cursor.at += len(node.value)
                parts.append(node.value)
        return parts

    def _formatted_expression(self, node: cst.FormattedStringExpression) -> model.Expression:
        self._take("{")
        value = self.lower(node.expression)
        exact = node.equal is None and node.conversion is None and not node.format_spec
        if node.equal is not None:
            self._take("=")
        if node.conversion is not None:
            self._take("!")
            self._take(node.conversion)
        if node.format_spec is not None:
            self._take(":")
            self._formatted_parts(node.format_spec)
        self._take("}")
        return value if exact else model.FormattedString(value.start, value.end, (value,))


def _parts(expression: model.Expression) -> tuple[str | model.Expression, ...]:
    if isinstance(expression, model.FormattedString):
        return expression.parts
    if isinstance(expression, model.Constant) and isinstance(expression.value, str):
        return (expression.value,)
    return (expression,)


def _string_value(literal: str) -> object:
    if literal[0] in "'\"" and "\\" not in literal:
        quotes = 3 if literal[:3] in ("'''", '"""') and len(literal) >= 6 else 1
        return literal[quotes:-quotes]
    try:
        return ast.literal_eval(literal)
    except (SyntaxError, ValueError):
        return literal
