"""Where int8 begins and ends in a model that is prepared: what its layers get, what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qlint.flow.events import FloatInput, QuantizedOutput
from qlint.flow.layer_attributes import is_left_float
from qlint.flow.modules import around, classes_in, descendants
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    Class,
    Dict,
    External,
    Function,
    Instance,
    List,
    State,
    Tensor,
    Tuple,
    Union,
    Value,
    parts_of,
    tensors_in,
)
from qlint.semantics import kernels
from qlint.semantics import modules as known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame
    from qlint.syntax import model

# Layers with such a qconfig go on getting floats.
_FLOAT_INPUTS = ("dynamic", "weight_only")


@dataclass(slots=True)
class Checked:
    """A prepared model whose stubs are looked at, its forward, and whether a layer got floats."""

    instance: Instance
    forward: Function | None
    got_float: bool = False


def has_qconfig(model: Instance) -> bool:
    """Whether anything in a model is quantized."""
    parts = [each for _, each in descendants(model) if isinstance(each, Instance)]
    return any(each.slots.get("qconfig", NONE) != NONE for each in (model, *parts))


def check_input(
    interp: Interpreter,
    layer: Instance,
    base: str,
    arguments: Arguments,
    result: Value,
    site: Site,
) -> Value:
    """Report a layer that gets floats though convert makes an int8 one of it; its result."""
    checked = interp.checked
    becomes_int8 = kernels.makes_int8(base) or base in known.FUNCTIONALS
    if checked is None or isinstance(layer.cls, Class) or not becomes_int8:
        return result
    if not isinstance(result, Tensor) or result.state is not State.FLOAT:
        return result
    if not _has_qconfig(layer) or is_left_float(interp, layer):
        return result
    has_stub = bool(classes_in(checked.instance) & known.MAKE_INT8)
    checked.got_float = True
    interp.report(FloatInput(site, arguments.spelled, base, result, checked.forward, has_stub))
    return UNKNOWN  # one is enough: what comes of it fails or not with this one


def check_operands(
    interp: Interpreter, layer: Instance, base: str, values: Iterable[Value], name: str, site: Site
) -> None:
    """Report a layer or FloatFunctional that gets float tensors beside int8 ones."""
    if isinstance(layer.cls, Class) or is_left_float(interp, layer) or interp.under_construction:
        return
    tensors = [each for value in values for each in tensors_in(value)]
    floats = [each for each in tensors if each.state is State.FLOAT]
    if floats and any(each.state is State.QUANTIZED for each in tensors):
        interp.report(FloatInput(site, name, base, floats[0], None, has_stub=True))


def check_output(interp: Interpreter, node: model.Return, value: Value, frame: Frame) -> None:
    """Report what a prepared model returns if it is int8."""
    checked = interp.checked
    if checked is None or checked.forward is None or frame.function is None:
        return
    if frame.function.node is not checked.forward.node:
        return
    tensor = _int8(value)
    if tensor is not None and node.value is not None and "dequantize(" not in frame.module.text:
        site = interp.site(node.value, frame)
        interp.report(QuantizedOutput(site, tensor, checked.forward, isinstance(value, Tensor)))


def _has_qconfig(layer: Instance) -> bool:
    given = [each.slots.get("qconfig") for each in around(layer)]
    return any(each is not None and each != NONE for each in given) and not any(
        isinstance(each, External) and any(word in each.name for word in _FLOAT_INPUTS)
        for each in given
    )


def _int8(value: Value) -> Tensor | None:
    """The first tensor in what is returned that is int8 for sure."""
    if isinstance(value, Tensor):
        return value if value.state is State.QUANTIZED else None
    if isinstance(value, (Tuple, List, Dict)):
        items = parts_of(value)
        return next((found for each in items if (found := _int8(each)) is not None), None)
    if isinstance(value, Union):
        options = [_int8(each) for each in value.options]
        return options[0] if all(each is not None for each in options) else None
    return None
