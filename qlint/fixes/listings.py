"""Code that goes through the modules in a module: whether it minds one more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.fixes.source import Source

_TESTS = frozenset({"isinstance", "issubclass", "hasattr", "type"})
_OF_DICT = frozenset({"items", "values", "keys"})
# What these do with all items does not depend on how many there are, or in which order.
_COUNT = frozenset({"list", "tuple", "len", "enumerate", "zip", "sorted", "reversed", "next"})
_BY_NAME = frozenset({"dict", "OrderedDict"})
_KEEPS = frozenset({"append", "add", "extend", "insert", "appendleft", "add_module"})


def minds_one_more(source: Source, listing: model.Expression) -> bool:
    """Whether a call of ``children()`` and the like, or what is done with it, gives something else
    when there is another module that has no parameters: whether they are run, kept or counted.
    """  # noqa: D205
    node, outer = _outside_of_methods(source, listing)
    of_dict = isinstance(node, model.Attribute)  # `m._modules[name]`, `m._modules.get(name)`
    if of_dict and isinstance(outer, (model.Subscript, model.Attribute, model.Compare)):
        return False
    if isinstance(outer, model.Argument):
        call = next(iter(source.around(outer)), None)
        if isinstance(call, model.Call):
            if model.last_name(call.func) in _BY_NAME or _goes_by_name(listing, call):
                return False
            if model.last_name(call.func) in ("list", "tuple", "reversed"):
                node, outer = call, next(iter(source.around(call)), None)
    if isinstance(outer, model.For) and outer.iterable is node:
        names = _names_in(outer.target)
        return any(_minds(outer.body, names))
    if isinstance(outer, model.ForClause) and outer.iterable is node:
        comprehension = next(iter(source.around(outer)), None)
        return not any(_is_test(each, _names_in(outer.target)) for each in _all(comprehension))
    return True


def _goes_by_name(listing: model.Expression, call: model.Call) -> bool:
    """Whether modules are handed to a function of the program with their names."""
    named = isinstance(listing, model.Call) and model.last_name(listing.func).startswith("named_")
    return named and model.last_name(call.func) not in _COUNT


def _outside_of_methods(
    source: Source, listing: model.Expression
) -> tuple[model.Expression, model.Node | None]:
    """What ``module._modules`` stands in, without ``.items()``; and what that stands in."""
    node, outer = listing, next(iter(source.around(listing)), None)
    while isinstance(outer, model.Attribute) and outer.name in _OF_DICT:
        call = next(iter(source.around(outer)), None)
        if not isinstance(call, model.Call):
            break
        node, outer = call, next(iter(source.around(call)), None)
    return node, outer


def _all(node: model.Node | None) -> Iterator[model.Node]:
    return iter(()) if node is None else model.walk(node)


def _names_in(target: model.Expression) -> frozenset[str]:
    return frozenset(each.id for each in model.walk(target) if isinstance(each, model.Name))


def _is_test(node: model.Node, names: frozenset[str]) -> bool:
    """Whether an expression asks what one of some names is."""
    if isinstance(node, model.Call) and model.last_name(node.func) in _TESTS:
        return any(
            isinstance(each, model.Name) and each.id in names
            for argument in node.arguments
            for each in model.walk(argument.value)
        )
    if isinstance(node, model.Call) and isinstance(node.func, model.Attribute):
        by_name = node.func.name in ("startswith", "endswith")
        return by_name and _is_one_of(node.func.value, names)
    if isinstance(node, model.Compare):  # by the name of the module
        return any(
            isinstance(each, model.Name) and each.id in names
            for side in (node.left, *node.comparators)
            for each in model.walk(side)
        )
    return False


def _minds(block: model.Block, names: frozenset[str]) -> Iterator[bool]:
    """For each thing that a loop does with every module, whether it minds one more."""
    for statement in block:
        if isinstance(statement, model.Assign) and any(_uses(statement.value, names)):
            names |= {each.id for each in statement.targets if isinstance(each, model.Name)}
        if isinstance(statement, model.If):
            if any(_is_test(each, names) for each in model.walk(statement.test)):
                others = statement.body if _is_negated(statement.test) else statement.orelse
                yield from _minds(others, names)
                if others and _goes_on(others[-1]):
                    return  # what follows is done with some kinds of them only
                continue
            yield from (_does(each, names) for each in model.walk(statement.test))
            yield from _minds((*statement.body, *statement.orelse), names)
        elif isinstance(statement, (model.For, model.While, model.With, model.Try)):
            inner = getattr(statement, "body", ())
            yield from _minds(inner, names)
        else:
            yield from (_does(each, names) for each in model.walk((statement,)))


def _is_negated(test: model.Expression) -> bool:
    if isinstance(test, model.Compare):
        return test.ops[0] in ("!=", "not in", "is not")
    return isinstance(test, model.UnaryOp)


def _goes_on(statement: model.Statement) -> bool:
    return isinstance(statement, model.Jump) and statement.kind == "continue"


def _does(node: model.Node, names: frozenset[str]) -> bool:
    """Whether a node runs or keeps one of some names, counts, or leaves the loop."""
    if isinstance(node, model.Call):
        if isinstance(node.func, model.Name) and node.func.id in names:
            return True
        if not isinstance(node.func, model.Attribute):
            return False
        if node.func.name.endswith("hook"):
            return _is_one_of(node.func.value, names)
        is_kept = node.func.name in _KEEPS
        return is_kept and any(_is_one_of(each.value, names) for each in node.arguments)
    if isinstance(node, model.Assign):
        kept = any(isinstance(each, model.Subscript) for each in node.targets)
        return kept and node.value is not None and _is_one_of(node.value, names)
    if isinstance(node, model.Yield) and node.is_from:  # of one module after the other
        return False
    if isinstance(node, (model.Return, model.Yield)):
        return node.value is not None and any(
            _is_one_of(each, names) for each in model.walk(node.value)
        )
    return isinstance(node, model.AugmentedAssign) or (
        isinstance(node, model.Jump) and node.kind == "break"
    )


def _uses(node: model.Node | None, names: frozenset[str]) -> Iterator[bool]:
    return (_is_one_of(each, names) for each in _all(node))


def _is_one_of(node: model.Node, names: frozenset[str]) -> bool:
    return isinstance(node, model.Name) and node.id in names
