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
# Methods of a module that run no forward pass.
_MANAGES = frozenset(
    "parameters named_parameters modules named_modules children named_children buffers state_dict "
    "load_state_dict train eval requires_grad_ to cuda cpu apply weight bias".split()
)


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
    """Whether the methods of a class use some attributes only where nothing runs in eval."""
    uses = [
        node.start in in_training
        or (id(method) not in interp.ran and _FOR_TRAINING.search(method.name) is not None)
        for method, in_training, in_passing in _methods(cls)
        for node in model.walk(method.body)
        if isinstance(node, model.Attribute) and node.name in names and node not in in_passing
    ]
    return bool(uses) and all(uses)


@cache
def _methods(cls: Class) -> list[tuple[model.FunctionDef, frozenset[int], frozenset[model.Node]]]:
    """The methods that do not initialize, with what stands there for training only.

    Behind it come the attributes that are mentioned, but not used.
    """
    methods = []
    for each in cls.mro:
        for method in each.node.body if isinstance(each, Class) else ():
            if isinstance(method, model.FunctionDef) and not _INITIALIZES.search(method.name):
                training = _training_only(method.body)
                starts = frozenset(node.start for node in model.walk(training))
                methods.append((method, starts, frozenset(_in_passing(method.body))))
    return methods


def _in_passing(body: model.Block) -> Iterator[model.Node]:
    """What is compared with None, or asked for its parameters: no forward pass."""
    for node in model.walk(body):
        if isinstance(node, model.Compare) and node.ops[0] in ("is", "is not"):
            yield node.left
        elif isinstance(node, model.Attribute) and node.name in _MANAGES:
            yield node.value


def _training_only(body: model.Block) -> tuple[model.Node, ...]:
    """The parts of a function that run in training only."""
    parts: list[model.Node] = []
    names = frozenset(_names_of_training(body))
    for node in model.walk(body):
        if isinstance(node, (model.If, model.Conditional)):
            taken, other = (
                each if isinstance(each, tuple) else (each,) for each in (node.body, node.orelse)
            )
            if _is_training(node.test, names, wanted=True):
                parts += (node.test, *taken)
            if _is_training(node.test, names, wanted=False):
                parts += other
        elif isinstance(node, model.BooleanOp) and _is_training(
            node.left, names, wanted=node.op == "and"
        ):
            parts.append(node.right)
    for index, statement in enumerate(body):
        if not (isinstance(statement, model.If) and isinstance(statement.body[-1], model.Return)):
            continue
        if _is_training(statement.test, names, wanted=False):
            parts += body[index + 1 :]
    return tuple(parts)


def _names_of_training(body: model.Block) -> Iterator[str]:
    """The local names that ``self.training`` has."""
    for node in model.walk(body):
        if isinstance(node, model.Assign) and node.value is not None:
            target = node.targets[0]
            if isinstance(target, model.Name) and _is_training(
                node.value, frozenset(), wanted=True
            ):
                yield target.id


def _is_training(test: model.Expression, names: frozenset[str], *, wanted: bool) -> bool:
    """Whether a condition holds in training only, or fails in training only if not ``wanted``."""
    if isinstance(test, model.BooleanOp) and (test.op == "and") is wanted:
        return any(_is_training(each, names, wanted=wanted) for each in (test.left, test.right))
    if isinstance(test, model.UnaryOp) and test.op == "not":
        return _is_training(test.operand, names, wanted=not wanted)
    if isinstance(test, model.Compare) and test.ops[0] in ("is", "=="):
        other = test.comparators[0]
        if isinstance(other, model.Constant) and isinstance(other.value, bool):
            return _is_training(test.left, names, wanted=wanted is other.value)
    if isinstance(test, model.Name):
        return wanted and test.id in names
    return wanted and isinstance(test, model.Attribute) and test.name == "training"
