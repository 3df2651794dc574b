"""Parts of models that a forward pass in eval mode never calls: losses, auxiliary heads.

Who asks what must change before a float model can be quantized asks nothing of those: int8 models
do not train.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from qlint.flow.modules import children
from qlint.flow.values import Class, Instance, options_of
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from qlint.flow.interpreter import Interpreter


_FOR_TRAINING = re.compile("loss|train|criteri")
_INITIALIZES = re.compile("init|reset")


def is_idle(interp: Interpreter, instances: Iterable[Instance]) -> bool:
    """Whether all these modules are parts of models that ran and have no use for them."""
    parts = [each for each in instances if each.attached]
    return bool(parts) and all(_is_idle(interp, each) for each in parts)


def _is_idle(interp: Interpreter, part: Instance) -> bool:
    owners = list(_holders(part))
    return bool(owners) and all(
        owner.cls in interp.ran_forward and _only_trains(interp, owner.cls, names)
        for owner, names in owners
        if isinstance(owner.cls, Class)
    )


def _holders(part: Instance) -> Iterator[tuple[Instance, frozenset[str]]]:
    """The modules of the program that hold a part, maybe in a container, and its names there."""
    for owner in part.owners:
        if isinstance(owner.cls, Class):
            names = [
                name
                for name, value in children(owner)
                if any(each is part for each in options_of(value))
            ]
            yield owner, frozenset(names)
        else:
            yield from _holders(owner)


def _only_trains(interp: Interpreter, cls: Class, names: frozenset[str]) -> bool:
    """Whether the methods of a class mention some attributes only where nothing runs in eval."""
    mentions = [
        node.start in in_training
        or (id(method) not in interp.ran and _FOR_TRAINING.search(method.name) is not None)
        for method, in_training in _methods(cls)
        for node in model.walk(method.body)
        if isinstance(node, model.Attribute) and node.name in names
    ]
    return bool(mentions) and all(mentions)


@cache
def _methods(cls: Class) -> list[tuple[model.FunctionDef, frozenset[int]]]:
    """The methods that do not initialize, with what stands there for training only."""
    methods = []
    for each in cls.mro:
        for method in each.node.body if isinstance(each, Class) else ():
            if isinstance(method, model.FunctionDef) and not _INITIALIZES.search(method.name):
                training = _training_only(method.body)
                methods.append((method, frozenset(node.start for node in model.walk(training))))
    return methods


def _training_only(body: model.Block) -> tuple[model.Node, ...]:
    """The parts of a function that run in training only."""
    parts: list[model.Node] = []
    for node in model.walk(body):
        if isinstance(node, model.If) and _asks_for_training(node.test):
            parts += (node.test, *node.body)
    for index, statement in enumerate(body):
        if isinstance(statement, model.If) and _leaves_in_eval(statement):
            parts += body[index + 1 :]
    return tuple(parts)


def _leaves_in_eval(node: model.If) -> bool:
    """Whether a statement is ``if not self.training: return ...``."""
    test = node.test
    is_eval = isinstance(test, model.UnaryOp) and test.op == "not"
    returns = isinstance(node.body[-1], model.Return)
    return is_eval and returns and _asks_for_training(test.operand)  # type: ignore[attr-defined]


def _asks_for_training(test: model.Expression) -> bool:
    """Whether a condition holds in training only."""
    if isinstance(test, model.BooleanOp) and test.op == "and":
        return _asks_for_training(test.left) or _asks_for_training(test.right)
    return isinstance(test, model.Attribute) and test.name == "training"
