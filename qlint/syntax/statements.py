"""Lowering statements to the syntax model."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any, Literal

from qlint.syntax import model
from qlint.syntax.expressions import BINARY, ExpressionLowering
from qlint.syntax.patterns import PatternLowering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from qlint.syntax.positions import Placed, Positions


class StatementLowering:
    """Lowers statements."""

    def __init__(self, positions: Positions) -> None:
        self._positions = positions
        self._span = positions.span
        self._expressions = ExpressionLowering(positions)
        self._patterns = PatternLowering(positions, self._expressions)
        self._lower = self._expressions.lower
        self._optional = self._expressions.lower_optional
        self._all = self._expressions.lower_all
        self._by_type: dict[type[ast.stmt], Callable[[Any], model.Statement]] = {
            ast.Expr: self._expr,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Return: self._return,
            ast.Raise: self._raise,
            ast.Assert: self._assert,
            ast.Delete: self._delete,
            ast.Global: self._global,
            ast.Nonlocal: self._global,
            ast.Pass: self._pass,
            ast.Break: self._break,
            ast.Continue: self._continue,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.Match: self._match,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
        }
        if sys.version_info >= (3, 11):
            self._by_type[ast.TryStar] = self._try

    def lower_body(self, nodes: Iterable[ast.stmt]) -> model.Block:
        """Lower the statements of a module or a block.

        What is left out, such as a type alias, holds nothing to run.
        """
        lowerings = self._by_type
        return tuple([lowerings[type(each)](each) for each in nodes if type(each) in lowerings])

    def _header(self, node: ast.stmt, *parts: Placed | None) -> tuple[int, int]:
        """The span of a compound statement up to its colon, of which these are the parts."""
        start, _ = self._span(node)
        ends = [self._span(each)[1] for each in parts if each is not None]
        return start, self._positions.header_end(max(ends, default=start))

    def _expr(self, node: ast.Expr) -> model.Statement:
        return model.ExpressionStatement(*self._span(node), self._lower(node.value))

    def _assign(self, node: ast.Assign) -> model.Statement:
        targets, value = self._all(node.targets), self._lower(node.value)
        return model.Assign(*self._span(node), targets, value, None)

    def _annotated(self, node: ast.AnnAssign) -> model.Statement:
        target, annotation = self._lower(node.target), self._lower(node.annotation)
        value = self._optional(node.value)
        return model.Assign(*self._span(node), (target,), value, annotation)

    def _augmented(self, node: ast.AugAssign) -> model.Statement:
        target, value = self._lower(node.target), self._lower(node.value)
        return model.AugmentedAssign(*self._span(node), target, BINARY[type(node.op)], value)

    def _return(self, node: ast.Return) -> model.Statement:
        return model.Return(*self._span(node), self._optional(node.value))

    def _raise(self, node: ast.Raise) -> model.Statement:
        values = [each for each in (node.exc, node.cause) if each is not None]
        return model.Raise(*self._span(node), self._all(values))

    def _assert(self, node: ast.Assert) -> model.Statement:
        return model.Assert(*self._span(node), self._lower(node.test))

    def _delete(self, node: ast.Delete) -> model.Statement:
        targets = node.targets
        if len(targets) == 1 and isinstance(targets[0], ast.Tuple):
            targets = targets[0].elts
        return model.Delete(*self._span(node), self._all(targets))

    def _global(self, node: ast.Global | ast.Nonlocal) -> model.Statement:
        kind: Literal["global", "nonlocal"]
        kind = "global" if isinstance(node, ast.Global) else "nonlocal"
        return model.ScopeDeclaration(*self._span(node), kind, tuple(node.names))

    def _pass(self, node: ast.Pass) -> model.Statement:
        return model.Jump(*self._span(node), "pass")

    def _break(self, node: ast.Break) -> model.Statement:
        return model.Jump(*self._span(node), "break")

    def _continue(self, node: ast.Continue) -> model.Statement:
        return model.Jump(*self._span(node), "continue")

    def _import(self, node: ast.Import) -> model.Statement:
        return model.Import(*self._span(node), _aliases(node.names))

    def _import_from(self, node: ast.ImportFrom) -> model.Statement:
        names = None if node.names[0].name == "*" else _aliases(node.names)
        return model.ImportFrom(*self._span(node), node.level, node.module or "", names)

    def _if(self, node: ast.If) -> model.Statement:
        header, test = self._header(node, node.test), self._lower(node.test)
        body, orelse = self.lower_body(node.body), self.lower_body(node.orelse)
        return model.If(*header, test, body, orelse)

    def _for(self, node: ast.For | ast.AsyncFor) -> model.Statement:
        header = self._header(node, node.iter)
        target, iterable = self._lower(node.target), self._lower(node.iter)
        body, orelse = self.lower_body(node.body), self.lower_body(node.orelse)
        return model.For(*header, target, iterable, body, orelse)

    def _while(self, node: ast.While) -> model.Statement:
        header, test = self._header(node, node.test), self._lower(node.test)
        body, orelse = self.lower_body(node.body), self.lower_body(node.orelse)
        return model.While(*header, test, body, orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> model.Statement:
        last = node.items[-1]
        items = [
            (self._lower(each.context_expr), self._optional(each.optional_vars))
            for each in node.items
        ]
        header = self._header(node, last.context_expr, last.optional_vars)
        return model.With(*header, tuple(items), self.lower_body(node.body))

    def _try(self, node: ast.Try) -> model.Statement:
        handlers = [(each.name, self.lower_body(each.body)) for each in node.handlers]
        return model.Try(
            *self._header(node),
            self.lower_body(node.body),
            tuple(handlers),
            self.lower_body(node.orelse),
            self.lower_body(node.finalbody),
        )

    def _match(self, node: ast.Match) -> model.Statement:
        cases = [
            (
                self._patterns.lower(each.pattern),
                self._optional(each.guard),
                self.lower_body(each.body),
            )
            for each in node.cases
        ]
        header = self._header(node, node.subject)
        return model.Match(*header, self._lower(node.subject), tuple(cases))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> model.Statement:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
        header = self._header(
            node,
            *_type_parameters(node),
            *every,
            *arguments.defaults,
            *arguments.kw_defaults,
            node.returns,
        )
        parameters = self._expressions.lower_parameters(arguments)
        decorators = self._all(node.decorator_list)
        outer, self._expressions.saw_yield = self._expressions.saw_yield, False
        body = self.lower_body(node.body)
        is_generator, self._expressions.saw_yield = self._expressions.saw_yield, outer
        is_async = isinstance(node, ast.AsyncFunctionDef)
        return model.FunctionDef(
            *header, node.name, parameters, decorators, body, is_async, is_generator
        )

    def _class(self, node: ast.ClassDef) -> model.Statement:
        bases = self._expressions.lower_arguments(node.bases, node.keywords)
        values = [each.value for each in node.keywords]
        header = self._header(node, *_type_parameters(node), *node.bases, *values)
        decorators = self._all(node.decorator_list)
        return model.ClassDef(*header, node.name, bases, decorators, self.lower_body(node.body))


def _aliases(names: list[ast.alias]) -> tuple[tuple[str, str | None], ...]:
    return tuple([(each.name, each.asname) for each in names])


def _type_parameters(node: ast.stmt) -> list[Any]:
    return getattr(node, "type_params", [])  # from Python 3.12 on
