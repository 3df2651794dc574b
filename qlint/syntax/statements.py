"""Lowering libcst statements to the syntax model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import libcst as cst

from qlint.syntax import model
from qlint.syntax.expressions import BINARY, ExpressionLowering
from qlint.syntax.patterns import lower_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from qlint.syntax.cursor import Cursor


class StatementLowering:
    """Lowers statements, in the order of their tokens, moving the cursor over each."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._expressions = ExpressionLowering(cursor)
        self._lower = self._expressions.lower
        self._take = cursor.take
        self._small: dict[type[cst.CSTNode], Callable[[Any], model.Statement]] = {
            cst.Expr: self._expr,
            cst.Assign: self._assign,
            cst.AnnAssign: self._annotated,
            cst.AugAssign: self._augmented,
            cst.Return: self._return,
            cst.Raise: self._raise,
            cst.Assert: self._assert,
            cst.Del: self._delete,
            cst.Global: self._global,
            cst.Nonlocal: self._global,
            cst.Pass: self._jump,
            cst.Break: self._jump,
            cst.Continue: self._jump,
            cst.Import: self._import,
            cst.ImportFrom: self._import_from,
        }
        self._compound: dict[type[cst.CSTNode], Callable[[Any], model.Statement]] = {
            cst.If: self._if,
            cst.For: self._for,
            cst.While: self._while,
            cst.With: self._with,
            cst.Try: self._try,
            cst.TryStar: self._try,
            cst.Match: self._match,
            cst.FunctionDef: self._function,
            cst.ClassDef: self._class,
        }

    def lower_body(
        self, nodes: Iterable[cst.BaseStatement | cst.BaseSmallStatement]
    ) -> model.Block:
        """Lower the statements of a module or a block."""
        statements: list[model.Statement] = []
        for node in nodes:
            if isinstance(node, cst.SimpleStatementLine):
                for small in node.body:
                    self._simple(small, statements)
            elif isinstance(node, cst.BaseSmallStatement):
                self._simple(node, statements)
            else:
                statements.append(self._compound[type(node)](node))
        return tuple(statements)

    def _simple(self, node: cst.BaseSmallStatement, statements: list[model.Statement]) -> None:
        semicolon = getattr(node, "semicolon", None)
        lowering = self._small.get(type(node))
        if lowering is None:  # such as a type alias: it holds nothing to run
            self._expressions.skip(node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT))
        else:
            statements.append(lowering(node))
        if isinstance(semicolon, cst.Semicolon):
            self._take(";")

    def _block(self, node: cst.BaseSuite) -> model.Block:
        self._take(":")
        return self.lower_body(node.body)

    def _expr(self, node: cst.Expr) -> model.Statement:
        start = self.cursor.skip_blanks()
        value = self._lower(node.value)
        return model.ExpressionStatement(start, self.cursor.at, value)

    def _assign(self, node: cst.Assign) -> model.Statement:
        start = self.cursor.skip_blanks()
        targets = []
        for target in node.targets:
            targets.append(self._lower(target.target))
            self._take("=")
        value = self._lower(node.value)
        return model.Assign(start, self.cursor.at, tuple(targets), value, None)

    def _annotated(self, node: cst.AnnAssign) -> model.Statement:
        start = self.cursor.skip_blanks()
        target = self._lower(node.target)
        self._take(":")
        annotation = self._expressions.lower_annotation(node.annotation)
        value = None
        if node.value is not None:
            self._take("=")
            value = self._lower(node.value)
        return model.Assign(start, self.cursor.at, (target,), value, annotation)

    def _augmented(self, node: cst.AugAssign) -> model.Statement:
        start = self.cursor.skip_blanks()
        target = self._lower(node.target)
        op = _AUGMENTED[type(node.operator)]
        self._take(op + "=")
        value = self._lower(node.value)
        return model.AugmentedAssign(start, self.cursor.at, target, op, value)

    def _return(self, node: cst.Return) -> model.Statement:
        start = self._take("return")
        value = None if node.value is None else self._lower(node.value)
        return model.Return(start, self.cursor.at, value)

    def _raise(self, node: cst.Raise) -> model.Statement:
        start = self._take("raise")
        values = [] if node.exc is None else [self._lower(node.exc)]
        if node.cause is not None:
            self._take("from")
            values.append(self._lower(node.cause.item))
        return model.Raise(start, self.cursor.at, tuple(values))

    def _assert(self, node: cst.Assert) -> model.Statement:
        start = self._take("assert")
        test = self._lower(node.test)
        if node.msg is not None:
            self._take(",")
            self._lower(node.msg)
        return model.Assert(start, self.cursor.at, test)

    def _delete(self, node: cst.Del) -> model.Statement:
        start = self._take("del")
        target = self._lower(node.target)
        bare_tuple = isinstance(target, model.Sequence) and target.kind == "tuple"
        targets = target.elements if bare_tuple else (target,)  # type: ignore[attr-defined]
        return model.Delete(start, self.cursor.at, targets)

    def _global(self, node: cst.Global | cst.Nonlocal) -> model.Statement:
        kind: Literal["global", "nonlocal"] = (
            "global" if isinstance(node, cst.Global) else "nonlocal"
        )
        start = self._take(kind)
        for item in node.names:
            self._take(item.name.value)
            if isinstance(item.comma, cst.Comma):
                self._take(",")
        names = tuple(item.name.value for item in node.names)
        return model.ScopeDeclaration(start, self.cursor.at, kind, names)

    def _jump(self, node: cst.Pass | cst.Break | cst.Continue) -> model.Statement:
        kind: Literal["break", "continue", "pass"] = "pass"
        if isinstance(node, cst.Break):
            kind = "break"
        elif isinstance(node, cst.Continue):
            kind = "continue"
        start = self._take(kind)
        return model.Jump(start, self.cursor.at, kind)

    def _import(self, node: cst.Import) -> model.Statement:
        start = self._take("import")
        names = tuple(self._alias(alias) for alias in node.names)
        return model.Import(start, self.cursor.at, names)

    def _import_from(self, node: cst.ImportFrom) -> model.Statement:
        start = self._take("from")
        for _ in node.relative:
            self._take(".")
        module = "" if node.module is None else self._dotted(node.module)
        self._take("import")
        if node.lpar is not None:
            self._take("(")
        names = None
        if isinstance(node.names, cst.ImportStar):
            self._take("*")
        else:
            names = tuple(self._alias(alias) for alias in node.names)
        if node.rpar is not None:
            self._take(")")
        return model.ImportFrom(start, self.cursor.at, len(node.relative), module, names)

    def _alias(self, node: cst.ImportAlias) -> tuple[str, str | None]:
        name, alias = self._dotted(node.name), None
        if node.asname is not None:
            self._take("as")
            lowered = self._lower(node.asname.name)
            alias = lowered.id if isinstance(lowered, model.Name) else None
        if isinstance(node.comma, cst.Comma):
            self._take(",")
        return name, alias

    def _dotted(self, node: cst.BaseExpression) -> str:
        names: list[str] = []
        lowered = self._lower(node)
        while isinstance(lowered, model.Attribute):
            names.append(lowered.name)
            lowered = lowered.value
        if isinstance(lowered, model.Name):
            names.append(lowered.id)
        return ".".join(reversed(names))

    def _if(self, node: cst.If, keyword: str = "if") -> model.Statement:
        start = self._take(keyword)
        test = self._lower(node.test)
        end = self.cursor.at
        body = self._block(node.body)
        orelse: model.Block = ()
        if isinstance(node.orelse, cst.If):
            orelse = (self._if(node.orelse, "elif"),)
        elif node.orelse is not None:
            orelse = self._else(node.orelse)
        return model.If(start, end, test, body, orelse)

    def _else(self, node: cst.Else | cst.Finally | None, keyword: str = "else") -> model.Block:
        if node is None:
            return ()
        self._take(keyword)
        return self._block(node.body)

    def _for(self, node: cst.For) -> model.Statement:
        start = self.cursor.skip_blanks()
        if node.asynchronous is not None:
            self._take("async")
        self._take("for")
        target = self._lower(node.target)
        self._take("in")
        iterable = self._lower(node.iter)
        end = self.cursor.at
        body = self._block(node.body)
        return model.For(start, end, target, iterable, body, self._else(node.orelse))

    def _while(self, node: cst.While) -> model.Statement:
        start = self._take("while")
        test = self._lower(node.test)
        end = self.cursor.at
        body = self._block(node.body)
        return model.While(start, end, test, body, self._else(node.orelse))

    def _with(self, node: cst.With) -> model.Statement:
        start = self.cursor.skip_blanks()
        if node.asynchronous is not None:
            self._take("async")
        self._take("with")
        parenthesized = isinstance(node.lpar, cst.LeftParen)
        if parenthesized:
            self._take("(")
        items = []
        for item in node.items:
            context = self._lower(item.item)
            target = None
            if item.asname is not None:
                self._take("as")
                target = self._lower(item.asname.name)
            if isinstance(item.comma, cst.Comma):
                self._take(",")
            items.append((context, target))
        if parenthesized:
            self._take(")")
        end = self.cursor.at
        return model.With(start, end, tuple(items), self._block(node.body))

    def _try(self, node: cst.Try | cst.TryStar) -> model.Statement:
        start = self._take("try")
        end = self.cursor.at
        body = self._block(node.body)
        handlers = []
        for handler in node.handlers:
            self._take("except")
            if isinstance(handler, cst.ExceptStarHandler):
                self._take("*")
            if handler.type is not None:
                self._lower(handler.type)
            name = None
            if handler.name is not None:
                self._take("as")
                target = self._lower(handler.name.name)
                name = target.id if isinstance(target, model.Name) else None
            handlers.append((name, self._block(handler.body)))
        orelse = self._else(node.orelse)
        finalbody = self._else(node.finalbody, "finally")
        return model.Try(start, end, body, tuple(handlers), orelse, finalbody)

    def _match(self, node: cst.Match) -> model.Statement:
        start = self._take("match")
        subject = self._lower(node.subject)
        end = self.cursor.at
        self._take(":")
        cases = []
        for case in node.cases:
            self._take("case")
            pattern = lower_pattern(case.pattern, *self._expressions.skip(case.pattern))
            guard = None
            if case.guard is not None:
                self._take("if")
                guard = self._lower(case.guard)
            cases.append((pattern, guard, self._block(case.body)))
        return model.Match(start, end, subject, tuple(cases))

    def _decorators(self, nodes: Iterable[cst.Decorator]) -> tuple[model.Expression, ...]:
        decorators = []
        for node in nodes:
            self._take("@")
            decorators.append(self._lower(node.decorator))
        return tuple(decorators)

    def _function(self, node: cst.FunctionDef) -> model.Statement:
        decorators = self._decorators(node.decorators)
        start = self.cursor.skip_blanks()
        if node.asynchronous is not None:
            self._take("async")
        self._take("def")
        self._take(node.name.value)
        if node.type_parameters is not None:
            self._expressions.skip(node.type_parameters)
        self._take("(")
        parameters = self._expressions.lower_parameters(node.params)
        self._take(")")
        if node.returns is not None:
            self._take("->")
            self._expressions.lower_annotation(node.returns)
        end = self.cursor.at
        outer, self._expressions.saw_yield = self._expressions.saw_yield, False
        body = self._block(node.body)
        is_generator, self._expressions.saw_yield = self._expressions.saw_yield, outer
        return model.FunctionDef(
            start,
            end,
            node.name.value,
            parameters,
            decorators,
            body,
            node.asynchronous is not None,
            is_generator,
        )

    def _class(self, node: cst.ClassDef) -> model.Statement:
        decorators = self._decorators(node.decorators)
        start = self._take("class")
        self._take(node.name.value)
        if node.type_parameters is not None:
            self._expressions.skip(node.type_parameters)
        parenthesized = isinstance(node.lpar, cst.LeftParen)
        if parenthesized:
            self._take("(")
        bases = self._expressions.lower_arguments((*node.bases, *node.keywords))
        if parenthesized:
            self._take(")")
        end = self.cursor.at
        body = self._block(node.body)
        return model.ClassDef(start, end, node.name.value, bases, decorators, body)


_AUGMENTED: dict[type[cst.CSTNode], str] = {
    getattr(cst, operator.__name__ + "Assign"): token for operator, token in BINARY.items()
}
