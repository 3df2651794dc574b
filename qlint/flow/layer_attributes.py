"""What torch's layers keep of the arguments that they were made with: ``conv.stride``."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from qlint.flow.bindings import bindings_of
from qlint.flow.containers import items_of
from qlint.flow.events import UnsupportedOperation
from qlint.flow.modules import around, classes_in
from qlint.flow.truth import truth
from qlint.flow.values import (
    FLOAT,
    NONE,
    NOT_TENSOR,
    Constant,
    External,
    ExternalMethod,
    Instance,
    Partial,
    State,
    Tensor,
    Tuple,
    Value,
    join,
)
from qlint.semantics import layers
from qlint.semantics.kernels import Outcome
from qlint.semantics.modules import EINOPS_LAYERS, MAKE_INT8
from qlint.semantics.names import FUNCTIONAL, NN, canonical
from qlint.semantics.operations import LOST, PARAMETER
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame

# The slot of the arguments; no attribute is named so.
_ARGUMENTS = "<arguments>"
# How code asks what a layer is, and what it has.
_KIND = frozenset({"isinstance", "callable", "type"})
_HAVING = _KIND | {"hasattr", "getattr"}
_DOTTED = (model.Attribute, model.Name)


def note_arguments(instance: Instance, base: str, arguments: Arguments) -> None:
    """Keep the arguments that a layer is made with."""
    keeps = layers.parameters(base) or base.startswith(EINOPS_LAYERS)
    if keeps and not arguments.more:
        made = Partial(External(base), arguments.args, arguments.kwargs)
        instance.slots[_ARGUMENTS] = made


def arguments_of(instance: Instance) -> Partial:
    """The arguments that a layer is made with, as far as they were kept."""
    made = instance.slots.get(_ARGUMENTS)
    return made if isinstance(made, Partial) else Partial(instance.cls, (), {})


def get(interp: Interpreter, instance: Instance, base: str, name: str) -> Value | None:
    """The value of a layer's attribute, None if it is none that the arguments tell."""
    made = instance.slots.get(_ARGUMENTS)
    if not isinstance(made, Partial):
        return None
    for switch in layers.OPTIONAL.get(name, ()):
        given = _argument(made, base, switch)
        if given is not None:
            has = truth(interp, given)
            # Convert makes a method of it, which is there without a bias, too.
            there = has is False and _becomes_method(interp, instance, name)
            return join([FLOAT, NONE]) if has is None or there else FLOAT if has else NONE
    given = _argument(made, base, name)
    dimensions = layers.dimensions(base) if name in layers.SIZES else 0
    if given is None or not dimensions:
        return given
    is_text = isinstance(given, Constant) and isinstance(given.value, str)
    return given if is_text or items_of(given) is not None else Tuple((given,) * dimensions)


def _becomes_method(interp: Interpreter, layer: Instance, name: str) -> bool:
    """Whether a forward pass on int8 finds a method where a float layer has a parameter."""
    if interp.int8_epoch != interp.epoch or name not in layers.BECOME_METHODS:
        return False
    return _is_replaced(interp, layer, layers.WITH_METHODS)


def changes_class(interp: Interpreter, layer: Value) -> bool:
    """Whether a value is a layer that is of another class in a forward pass on int8."""
    runs = interp.int8_epoch == interp.epoch and interp.forwarding and not interp.under_construction
    return bool(runs) and _is_replaced(interp, layer, layers.REPLACED)


def _is_replaced(interp: Interpreter, layer: Value, names: frozenset[str]) -> bool:
    """Whether a value is one of these layers of torch, and convert gets to it."""
    if not isinstance(layer, Instance) or not isinstance(layer.cls, External):
        return False
    name = canonical(layer.cls.name).removeprefix(NN)
    return name in names and is_converted(interp, layer)


def check_parameter(interp: Interpreter, node: model.Expression, frame: Frame) -> None:
    """Report what is computed with if it is the weight or bias of a layer: ``self.fc.weight``.

    What convert makes of the layer has methods of these names. A layer in a local name has been
    asked for its class, as a rule, which convert changes. A parameter may be in one, though.
    """
    if not interp.forwarding or interp.under_construction:
        return
    held = node
    if isinstance(node, model.Name) and frame.function is not None:
        held = _held_in(frame.function.node).get(node.id, node)
    if not (isinstance(held, model.Attribute) and held.name in layers.BECOME_METHODS):
        return
    owner = held.value
    indexed = isinstance(owner, model.Subscript) and isinstance(owner.index, model.Constant)
    where = owner.value if isinstance(owner, (model.Attribute, model.Subscript)) else None
    if not isinstance(where, model.Attribute if indexed else _DOTTED):
        return
    if _is_asked_for(owner, frame, _KIND):
        return
    if _is_replaced(interp, interp.evaluate(owner, frame), layers.WITH_METHODS):
        interp.report_on_int8(_event(interp, PARAMETER, node, frame))


@lru_cache(maxsize=4096)
def _held_in(function: model.FunctionDef | model.Lambda) -> dict[str, model.Attribute]:
    """The parameters that names of a function stand for all the time: ``w = self.fc.weight``."""
    held = {
        target.id: node.value
        for node in model.walk(function.body)
        if isinstance(node, model.Assign) and isinstance(node.value, model.Attribute)
        for target in node.targets
        if isinstance(target, model.Name) and node.value.name in layers.BECOME_METHODS
    }
    return {name: node for name, node in held.items() if bindings_of(function)[name] == 1}


def check_arguments(
    interp: Interpreter, function: Value, nodes: tuple[model.Argument, ...], frame: Frame
) -> None:
    """Report weights and biases of layers that are handed to torch's operations."""
    if isinstance(function, External):
        package, _, short = canonical(function.name).rpartition(".")
        computes = package + "." in ("torch.", FUNCTIONAL) and not short.startswith("is_")
    else:
        computes = isinstance(function, ExternalMethod) and isinstance(function.receiver, Tensor)
    for each in nodes if computes else ():
        check_parameter(interp, each.value, frame)


def check_method(interp: Interpreter, node: model.Attribute, frame: Frame) -> None:
    """Report the call of a method that prepare takes away: ``self.lstm.flatten_parameters()``."""
    if not interp.forwarding or interp.trying or _is_asked_for(node.value, frame, _HAVING):
        return
    layer = interp.evaluate(node.value, frame)
    if not _is_replaced(interp, layer, layers.LOST_METHODS[node.name]):
        return
    # It is called before anything is quantized, as a rule.
    model_parts = classes_in(interp.running[0].instance) if interp.running else frozenset()
    if interp.assume_quantized or model_parts & MAKE_INT8:
        interp.report(_event(interp, LOST, node, frame))


def _event(
    interp: Interpreter, name: str, node: model.Expression, frame: Frame
) -> UnsupportedOperation:
    site, tensor = interp.site(node, frame), Tensor(State.QUANTIZED)
    return UnsupportedOperation(name, site.text, Outcome.FAILS, site, tensor)


def _is_asked_for(layer: model.Expression, frame: Frame, questions: frozenset[str]) -> bool:
    """Whether a function asks what a layer is before it looks into it."""
    text = frame.module.text
    spelled = text[layer.start : layer.end]
    node = None if frame.function is None else frame.function.node
    return node is not None and any(
        isinstance(each, model.Call)
        and isinstance(each.func, model.Name)
        and each.func.id in questions
        and text[each.start : each.end].partition("(")[2].startswith(spelled)
        for each in model.walk(node.body)
    )


def is_converted(interp: Interpreter, layer: Instance) -> bool:
    """Whether convert gets to a layer: it is in a model that is prepared, and has a qconfig."""
    if not layer.owners or is_left_float(interp, layer):
        return False
    prepared = {id(each.instance) for each in interp.prepared}
    return not prepared or not prepared.isdisjoint(map(id, around(layer)))


def is_left_float(interp: Interpreter, layer: Instance) -> bool:
    """Whether a layer, or a module that it is part of, has been given no qconfig on purpose. That
    of a whole model is None until somebody chooses it.
    """  # noqa: D205
    model = interp.running[0].instance if interp.running else None
    modules = [each for each in around(layer) if each is not model]
    return any(each.slots.get("qconfig") == NONE for each in modules)


def _argument(made: Partial, base: str, name: str) -> Value | None:
    """What a parameter of the constructor got; None if there is no such parameter."""
    parameters = layers.parameters(base)
    if name not in parameters:
        return None
    position = list(parameters).index(name)
    if position < len(made.args):
        return made.args[position]
    default = parameters[name]
    given = made.kwargs.get(name)
    if given is not None:
        return given
    return NOT_TENSOR if default is layers.REQUIRED else Constant(default)
