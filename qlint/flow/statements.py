"""How each kind of statement runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qlint.flow import (
    classes,
    conditions,
    contexts,
    narrowing,
    patterns,
    special_methods,
    stubs,
)
from qlint.flow.builtin_calls import py_update
from qlint.flow.containers import MORE, data_of, delete_item, extend
from qlint.flow.flags import with_flags
from qlint.flow.idle_code import Rounds, is_attempt, mend
from qlint.flow.module_methods import extend_container
from qlint.flow.modules import is_container
from qlint.flow.scopes import Outcome
from qlint.flow.truth import truth
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    Constant,
    Dict,
    External,
    Function,
    Instance,
    Lazy,
    List,
    Tensor,
    Tuple,
    Union,
    join,
    outside,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qlint.flow.flags import Parts
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame
    from qlint.flow.values import Value


_FALLS_THROUGH = Outcome.FALLS_THROUGH
_JUMPS = {"break": Outcome.BREAKS, "continue": Outcome.CONTINUES, "pass": _FALLS_THROUGH}
# A loop whose test is known each time may have more rounds than one of which nothing is known.
_WHILE_ROUNDS = 3
_MOST_WHILE_ROUNDS = 16


def _expression(interp: Interpreter, node: model.ExpressionStatement, frame: Frame) -> Outcome:
    value = interp.evaluate(node.value, frame)
    call = node.value
    if isinstance(value, Tensor) and isinstance(call, model.Call):
        _rebind(call.func, value, frame)
    return _FALLS_THROUGH


def _rebind(method: model.Expression, value: Tensor, frame: Frame) -> None:
    """After ``x.add_(y)``, ``x`` is what that returns."""
    if isinstance(method, model.Attribute) and method.name.endswith("_"):
        receiver = method.value
        if isinstance(receiver, model.Name) and isinstance(frame.names.get(receiver.id), Tensor):
            frame.names[receiver.id] = value


def _assign(interp: Interpreter, node: model.Assign, frame: Frame) -> Outcome:
    if node.value is not None:
        value = _fitted(interp, node, interp.evaluate(node.value, frame))
        if interp.raised:
            return Outcome.RAISES
        if frame.is_top_level and node not in interp.switches:  # not again in a loop
            interp.switches.add(node)
            value = with_flags(interp, value, (frame.module.path, node.start))
        for target in node.targets:
            interp.bind(target, value, frame)
    return _FALLS_THROUGH


def _fitted(interp: Interpreter, node: model.Assign, value: Value) -> Value:
    """A tuple display as long as the targets: ``n, c, dtype = *x.shape, x.dtype``."""
    target, display = node.targets[0], node.value
    if not (isinstance(target, model.Sequence) and isinstance(display, model.Sequence)):
        return value
    starred = [isinstance(each, model.Starred) for each in display.elements]
    if not isinstance(value, Tuple) or not value.open or sum(starred) != 1:
        return value
    if any(isinstance(each, model.Starred) for each in target.elements):
        return value
    behind = len(starred) - 1 - starred.index(True)
    split = len(value.items) - behind
    before, tail = value.items[:split], value.items[split:]
    missing = len(target.elements) - behind - len(before)
    filled = before[:missing] if missing < 0 else (*before, *before[-1:] * missing)
    fits = len(filled) + behind == len(target.elements)
    return Tuple((*filled, *tail)) if fits else value


def _augmented(interp: Interpreter, node: model.AugmentedAssign, frame: Frame) -> Outcome:
    left = interp.evaluate(node.target, frame)
    right = interp.evaluate(node.value, frame)
    site = interp.site(node, frame)
    value: Value
    if node.op == "+" and isinstance(left, Instance) and is_container(left):
        extend_container(interp, left, right)
        value = left
    elif node.op == "|" and isinstance(held := data_of(left), Dict):
        py_update(interp, held, right)
        value = left
    elif node.op == "+" and isinstance(left, List):
        extend(interp, left, right)  # the list keeps its identity
        value = left
    else:
        value = special_methods.binary(interp, node.op, left, right, site, "in-place operator")
        in_part = isinstance(node.target, model.Subscript) and isinstance(left, Tensor)
        if in_part and isinstance(value, Tensor):  # it is written where it came from
            value = replace(value, grid=left.grid)  # type: ignore[attr-defined]
    interp.bind(node.target, value, frame)
    return _FALLS_THROUGH


def _return(interp: Interpreter, node: model.Return, frame: Frame) -> Outcome:
    value = NONE if node.value is None else interp.evaluate(node.value, frame)
    if interp.checked is not None:
        stubs.check_output(interp, node, value, frame)
    frame.returned.append(value)
    return Outcome.RETURNS


def _raise(interp: Interpreter, node: model.Raise, frame: Frame) -> Outcome:
    return Outcome.RAISES


def _assert(interp: Interpreter, node: model.Assert, frame: Frame) -> Outcome:
    holds = truth(interp, interp.evaluate(node.test, frame))
    if holds is False and interp.trying:
        return Outcome.RAISES
    narrowing.assume(interp, node.test, True, frame)
    return _FALLS_THROUGH


def _delete(interp: Interpreter, node: model.Delete, frame: Frame) -> Outcome:
    for target in node.targets:
        if isinstance(target, model.Name):
            frame.names.pop(target.id, None)
        elif isinstance(target, model.Attribute):
            owner = interp.evaluate(target.value, frame)
            if isinstance(owner, Instance):
                interp.heap.delete(owner, target.name)
        elif isinstance(target, model.Subscript):
            container = interp.evaluate(target.value, frame)
            delete_item(interp, container, interp.evaluate(target.index, frame))
    return _FALLS_THROUGH


def _declare(interp: Interpreter, node: model.ScopeDeclaration, frame: Frame) -> Outcome:
    declared = frame.declared_global if node.kind == "global" else frame.declared_nonlocal
    declared.update(node.names)
    return _FALLS_THROUGH


def _jump(interp: Interpreter, node: model.Jump, frame: Frame) -> Outcome:
    return _JUMPS[node.kind]


def _import(interp: Interpreter, node: model.Import, frame: Frame) -> Outcome:
    for dotted, alias in node.names:
        name = dotted if alias else dotted.partition(".")[0]
        path = interp.project.find(frame.module.path, name)
        frame.names[alias or name] = External(name) if path is None else Lazy(path, "")
    return _FALLS_THROUGH


def _import_from(interp: Interpreter, node: model.ImportFrom, frame: Frame) -> Outcome:
    importer = frame.module.path
    path = interp.project.find_imported(importer, node.level, node.module)
    if node.names is None:
        source = External(node.module) if path is None else _star_source(interp, path)
        if source is not None:
            frame.namespace.star_imports.append(source)
        return _FALLS_THROUGH
    for name, alias in node.names:
        if path is not None and path != importer:
            value: Value = Lazy(path, name)
        else:  # a namespace package, the package's own submodule, or an outside package
            dotted = f"{node.module}.{name}" if node.module else name
            submodule = interp.project.find_imported(importer, node.level, dotted)
            found = UNKNOWN if node.level else outside(dotted)
            value = found if submodule is None else Lazy(submodule, "")
        frame.names[alias or name] = value
    return _FALLS_THROUGH


def _star_source(interp: Interpreter, path: Path) -> Value | None:
    # A package that hands on all names of many files: those that have a wanted one are parsed.
    return interp.load(path) if interp.project.is_linted(path) else Lazy(path, "")


def _if(interp: Interpreter, node: model.If, frame: Frame) -> Outcome:
    test, decided = conditions.decide(interp, node.test, frame)
    if decided is not None:
        block, other = (node.body, node.orelse) if decided else (node.orelse, node.body)
        # A program is meant to run: a check that fails here fails for what was not looked at.
        if _raises(block) and not interp.trying:
            narrowing.assume_passed(node.test, frame)
            block = other
        return interp.execute(block, frame)
    return _fork(interp, node, test, frame)


def _fork(interp: Interpreter, node: model.If, test: Value, frame: Frame) -> Outcome:
    """Run both branches of a condition."""
    met: list[Parts] = []
    selects = _selects_by_index(interp, node.test, frame)

    def taking(block: model.Block, positive: bool) -> Callable[[], Outcome]:
        def run() -> Outcome:
            narrowing.assume(interp, node.test, positive, frame)
            interp.selecting += selects
            with interp.flags.branch(interp, test, positive, met):
                outcome = interp.execute(block, frame)
            interp.selecting -= selects
            return outcome

        return run

    outcome = interp.fork(frame, [taking(node.body, True), taking(node.orelse, False)])
    interp.flags.compare(test, met)
    _name_switches(interp, node, frame)
    return outcome


def _name_switches(interp: Interpreter, node: model.If | model.Try, frame: Frame) -> None:
    """Give the names that a condition of the file has set to one thing or another a flag."""
    for name, value in frame.names.items() if frame.is_top_level else ():
        if isinstance(value, Union):
            key = (frame.module.path, node.start, name)
            frame.names[name] = with_flags(interp, value, key)


def _raises(block: model.Block) -> bool:
    return bool(block) and isinstance(block[-1], model.Raise)


def _selects_by_index(interp: Interpreter, test: model.Expression, frame: Frame) -> bool:
    """Whether a condition picks one of several rounds by a number that is not known.

    TorchScript knows no ``modules[i]``, so its users write ``for n, m in enumerate(modules): if
    n == i: m(x)``. Which module runs is then as little known as with ``modules[i]``.
    """
    if not (isinstance(test, model.Compare) and test.ops == ("==",)):
        return False
    sides = (test.left, test.comparators[0])
    if not all(_is_dotted(each) for each in sides):
        return False
    values = [interp.evaluate(each, frame) for each in sides]
    known = [isinstance(each, Constant) and isinstance(each.value, int) for each in values]
    return sorted(known) == [False, True]


def _is_dotted(node: model.Expression) -> bool:
    """Whether an expression is ``a`` or ``a.b``, which does nothing when it is looked at again."""
    owner = node.value if isinstance(node, model.Attribute) else node
    return isinstance(owner, model.Name)


def _for(interp: Interpreter, node: model.For, frame: Frame) -> Outcome:
    with interp.mentioning(node, node.iterable):
        iterable = interp.evaluate(node.iterable, frame)
    rounds = special_methods.iterate(interp, iterable, interp.site(node.iterable, frame))
    certain = not rounds or rounds[-1] is not MORE
    frame.yields_more = frame.yields_more or not certain
    outer = frame.breaks, frame.continues
    frame.breaks, frame.continues = [], []
    outcome = _FALLS_THROUGH
    idle = Rounds(interp, node, frame)
    for item in rounds:
        if item is MORE or interp.budget.exhausted or not idle.begin(item):
            continue

        def body(item: Value = item) -> Outcome:
            interp.bind(node.target, item, frame)
            return interp.execute(node.body, frame)

        if certain:
            outcome = body()
        else:
            outcome = interp.fork(frame, [body, lambda: _FALLS_THROUGH], conditional=False)
        fell = outcome in (_FALLS_THROUGH, Outcome.CONTINUES)
        goes_on = fell or bool(frame.continues)
        interp.rejoin(frame, frame.continues, reached=fell)
        if not goes_on:
            break
        outcome = _FALLS_THROUGH
        idle.end()
    return _end_loop(interp, node, frame, outcome, outer)


def _while(interp: Interpreter, node: model.While, frame: Frame) -> Outcome:
    outer = frame.breaks, frame.continues
    frame.breaks, frame.continues = [], []
    outcome = _FALLS_THROUGH
    returns = len(frame.returns)
    for number in range(_MOST_WHILE_ROUNDS):
        decided = truth(interp, interp.evaluate(node.test, frame))
        # Where some way has left the loop, nobody knows how often it goes round either.
        unsure = decided is None or bool(frame.breaks) or len(frame.returns) > returns
        if decided is False or interp.budget.exhausted or (unsure and number >= _WHILE_ROUNDS):
            frame.yields_more = frame.yields_more or decided is not False
            break

        def body() -> Outcome:
            return interp.execute(node.body, frame)

        if decided:
            outcome = body()
        else:
            outcome = interp.fork(frame, [body, lambda: _FALLS_THROUGH], conditional=False)
        fell = outcome in (_FALLS_THROUGH, Outcome.CONTINUES)
        goes_on = fell or bool(frame.continues)
        interp.rejoin(frame, frame.continues, reached=fell)
        if not goes_on:
            break
        outcome = _FALLS_THROUGH
    else:
        frame.yields_more = True
    return _end_loop(interp, node, frame, outcome, outer)


def _end_loop(
    interp: Interpreter,
    node: model.For | model.While,
    frame: Frame,
    outcome: Outcome,
    outer: tuple[list[Any], list[Any]],
) -> Outcome:
    broke = outcome is Outcome.BREAKS
    if outcome is _FALLS_THROUGH:
        outcome = interp.execute(node.orelse, frame) if node.orelse else _FALLS_THROUGH
    if frame.breaks or broke:
        interp.rejoin(frame, frame.breaks, reached=broke or outcome is _FALLS_THROUGH)
        outcome = _FALLS_THROUGH
    frame.breaks, frame.continues = outer
    return outcome


def _try(interp: Interpreter, node: model.Try, frame: Frame) -> Outcome:
    def normally() -> Outcome:
        interp.trying += 1
        outcome = interp.execute(node.body, frame)
        interp.trying -= 1
        if outcome is _FALLS_THROUGH and node.orelse:
            return interp.execute(node.orelse, frame)
        return outcome

    def handling(name: str | None, block: model.Block) -> Callable[[], Outcome]:
        def run() -> Outcome:
            if name is not None:
                frame.names[name] = UNKNOWN
            return interp.execute(block, frame)

        return run

    # What stands inside of a `with` is meant to run, whatever its manager would catch.
    if frame.at_yield is not None or all(_cannot_fail(interp, each, frame) for each in node.body):
        outcome = normally()
    elif node.handlers and is_attempt((*node.body, *node.orelse)) and not mend(node.handlers):
        outcome = interp.attempt(frame, normally, [handling(*each) for each in node.handlers])
    else:
        outcome = interp.fork(frame, [normally, *(handling(*each) for each in node.handlers)])
        _name_switches(interp, node, frame)
    if node.finalbody:
        final = interp.execute(node.finalbody, frame)
        return final if final is not _FALLS_THROUGH else outcome
    return outcome


def _cannot_fail(interp: Interpreter, node: model.Statement, frame: Frame) -> bool:
    """Whether a statement only imports from torch or the program itself, or defines something."""
    if isinstance(node, model.Import):
        return all(dotted.partition(".")[0] == "torch" for dotted, _ in node.names)
    if isinstance(node, model.ImportFrom):
        if node.level == 0 and node.module.partition(".")[0] == "torch":
            return True
        path = interp.project.find_imported(frame.module.path, node.level, node.module)
        return path is not None
    if isinstance(node, (model.FunctionDef, model.ClassDef)):
        return not node.decorators
    return isinstance(node, model.Assign) and isinstance(node.value, model.Constant)


def _match(interp: Interpreter, node: model.Match, frame: Frame) -> Outcome:
    subject = interp.evaluate(node.subject, frame)

    def taking(names: dict[str, Value], block: model.Block) -> Callable[[], Outcome]:
        def run() -> Outcome:
            frame.names.update(names)
            return interp.execute(block, frame)

        return run

    branches: list[Callable[[], Outcome]] = []
    for pattern, guard, block in node.cases:
        fit, names = patterns.fits(interp, pattern, subject, frame)
        if fit is False:
            continue
        if guard is not None:
            frame.names.update(names)
            holds = truth(interp, interp.evaluate(guard, frame))
            if holds is False:
                continue
            fit = fit if holds else None
        branches.append(taking(names, block))
        if fit:
            break
    else:
        branches.append(lambda: _FALLS_THROUGH)
    return branches[0]() if len(branches) == 1 else interp.fork(frame, branches)


def _function(interp: Interpreter, node: model.FunctionDef, frame: Frame) -> Outcome:
    frame.names[node.name] = define_function(interp, node, frame)
    return _FALLS_THROUGH


def define_function(
    interp: Interpreter, node: model.FunctionDef | model.Lambda, frame: Frame
) -> Value:
    """The function that a ``def`` or ``lambda`` makes, its defaults evaluated."""
    scope: Frame | None = frame
    while scope is not None and scope.is_class_body:
        scope = scope.parent
    if scope is not None and scope.parent is None and scope.function is None:
        scope = None  # the module's own frame: globals are found through the namespace
    parameters = node.parameters
    defaults = {
        each.name: interp.evaluate(each.default, frame)
        for each in (*parameters.by_position, *parameters.keyword_only)
        if each.default is not None
    }
    name = node.name if isinstance(node, model.FunctionDef) else "<lambda>"
    owner = frame.owner if frame.is_class_body else None
    qualname = f"{owner.name}.{name}" if owner is not None else name
    function = Function(node, frame.module, scope, defaults, qualname, owner, _kind(node))
    decorators = node.decorators if isinstance(node, model.FunctionDef) else ()
    return classes.decorated(interp, function, decorators, frame)


def _kind(node: model.FunctionDef | model.Lambda) -> Any:
    if isinstance(node, model.FunctionDef) and node.is_generator:
        return "generator"
    return "function"


def _class(interp: Interpreter, node: model.ClassDef, frame: Frame) -> Outcome:
    frame.names[node.name] = classes.define(interp, node, frame)
    return _FALLS_THROUGH


EXECUTORS: dict[type[model.Statement], Callable[[Interpreter, Any, Frame], Outcome]] = {
    model.ExpressionStatement: _expression,
    model.Assign: _assign,
    model.AugmentedAssign: _augmented,
    model.Return: _return,
    model.Raise: _raise,
    model.Assert: _assert,
    model.Delete: _delete,
    model.ScopeDeclaration: _declare,
    model.Jump: _jump,
    model.Import: _import,
    model.ImportFrom: _import_from,
    model.If: _if,
    model.For: _for,
    model.While: _while,
    model.With: contexts.run,
    model.Try: _try,
    model.Match: _match,
    model.FunctionDef: _function,
    model.ClassDef: _class,
}


def join_returned(frame: Frame, *, falls_through: bool) -> Value:
    """What a function that has run returns."""
    values = [*frame.returned, NONE] if falls_through else frame.returned
    return join(values) if values else UNKNOWN
