"""What an entry point's parameters hold when nobody in the program calls it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow.events import Site
from qlint.flow.values import (
    FLOAT,
    INPUT,
    NONE,
    NOT_TENSOR,
    SEVERAL,
    UNKNOWN,
    Class,
    Constant,
    Dict,
    External,
    Flag,
    Function,
    NotTensor,
    Partial,
    Tuple,
    Value,
    join,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.interpreter import Interpreter

_PLAIN = frozenset({"int", "float", "bool", "str", "bytes", "device", "dtype", "Size"})
_SEQUENCES = frozenset({"List", "list", "Sequence", "Iterable", "Collection", "Iterator", "Set"})
_DICTS = frozenset({"Dict", "dict", "Mapping", "OrderedDict", "MutableMapping"})
_TRANSPARENT = frozenset({"Optional", "Union", "Annotated", "Final", "Required"})

# Names by which tensors go that are never int8: whole numbers, masks, ground truth.
_NEVER_INT8 = re.compile(
    r"(^|_)(ids|idx|idxs|index|indices|mask|masks|lengths|lens|targets?|labels?|gt|timesteps?)$"
)
# Names of what is no tensor at all.
_NUMBER = re.compile(r"(^|_)(shapes?|sizes?|hw|length|epoch|name|mode)$|^([HW]|num_\w+|n_\w+)$")
# Names that a list of tensors goes by as often as a single one.
_SEVERAL = frozenset(
    "inputs features feats feature_maps feat_maps xs levels tensors pyramid outs".split()
)


def assumed_input(
    interp: Interpreter, forward: Function, cls: Class, parameter: model.Parameter
) -> Value:
    """A parameter of a ``forward`` whose tensors are taken to be quantized."""
    if _NEVER_INT8.search(parameter.name):
        return _input(parameter, forward, FLOAT, unannotated=FLOAT)
    if parameter.annotation is None and _is_number(forward, parameter):
        return NotTensor(flag=Flag((id(forward.node), parameter.name)))
    site = Site(forward.module, parameter.start, parameter.end, parameter.start, parameter.end)
    message = f"`{parameter.name}` of {cls.name} is assumed to be quantized"
    tensor = interp.quantized(site, message)
    value = _input(parameter, forward, tensor, unannotated=tensor)
    if value is not tensor:
        return value
    # One tensor has one grid; the several in a list or dict need not share any.
    several = parameter.annotation is None and parameter.name in _SEVERAL
    return replace(tensor, grid=(SEVERAL if several else INPUT, id(parameter)))


def _is_number(forward: Function, parameter: model.Parameter) -> bool:
    """Whether a parameter is a size or an index, by its name or by what is counted up to it."""
    if _NUMBER.search(parameter.name):
        return True
    return any(
        isinstance(each, model.Name) and each.id == parameter.name
        for node in model.walk(forward.node.body)
        if isinstance(node, model.Call) and _is_range(node.func)
        for argument in node.arguments
        for each in _operands(argument.value)
    )


def _is_range(function: model.Expression) -> bool:
    return model.last_name(function) in ("range", "arange")


def _operands(node: model.Expression) -> Iterator[model.Expression]:
    """The operands of the arithmetic that an expression is, itself if it is none."""
    if isinstance(node, model.BinaryOp):
        yield from _operands(node.left)
        yield from _operands(node.right)
    else:
        yield node


def float_input(function: Function, parameter: model.Parameter) -> Value:
    """A parameter of a method or function that nothing is known of but its annotation."""
    return _input(parameter, function, FLOAT, unannotated=UNKNOWN)


def _input(
    parameter: model.Parameter, function: Function, tensor: Value, *, unannotated: Value
) -> Value:
    default = function.defaults.get(parameter.name)
    plain = NotTensor(flag=Flag((id(function.node), parameter.name)))
    if parameter.annotation is not None:
        value = _annotated(parameter.annotation, tensor)
        value = plain if value == NOT_TENSOR else value
        if default is None or (value is plain and _is_bool(default)):
            return value
        return join([default, value])
    if default is None:
        return unannotated
    if isinstance(default, Constant) and default.value is not None:
        return plain if _is_bool(default) else join([default, plain])
    if isinstance(default, (Class, External, Function, Partial)):
        return default  # what makes layers makes these, or the like
    return join([default, UNKNOWN])


def _is_bool(value: Value) -> bool:
    return isinstance(value, Constant) and isinstance(value.value, bool)


def _annotated(annotation: model.Expression, tensor: Value) -> Value:
    if isinstance(annotation, model.Constant):
        if isinstance(annotation.value, str):
            return tensor if annotation.value.rpartition(".")[2] == "Tensor" else UNKNOWN
        return NONE if annotation.value is None else UNKNOWN
    if isinstance(annotation, (model.Name, model.Attribute)):
        name = model.last_name(annotation)
        if name == "Tensor":
            return tensor
        return NOT_TENSOR if name in _PLAIN else UNKNOWN
    if isinstance(annotation, model.BinaryOp) and annotation.op == "|":
        return join([_annotated(annotation.left, tensor), _annotated(annotation.right, tensor)])
    if isinstance(annotation, model.Subscript):
        return _generic(annotation, tensor)
    return UNKNOWN


def _generic(annotation: model.Subscript, tensor: Value) -> Value:
    name = model.last_name(annotation.value)
    index = annotation.index
    arguments = index.elements if isinstance(index, model.Sequence) else (index,)
    inner = [_annotated(each, tensor) for each in arguments]
    if name in _TRANSPARENT:
        return join([*inner, NONE]) if name == "Optional" else join(inner)
    if name in _SEQUENCES and inner:
        return Tuple((inner[0],), open=True)
    if name in ("Tuple", "tuple"):
        if isinstance(arguments[-1], model.Constant) and arguments[-1].value is ...:
            return Tuple((inner[0],), open=True)
        return Tuple(tuple(inner))
    if name in _DICTS and len(inner) == 2:
        return Dict({"?": inner[1]}, open=True)
    return UNKNOWN
