"""Whole classes as float islands: for what happens in plain functions that their forward calls.

The layers in such a class stay float as well, for what the functions do with them is not known:
they are often handed their weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.fixes.edits import carried_out
from qlint.fixes.imports import DEQUANT_STUB, QUANT_STUB, spell
from qlint.fixes.owners import Owner
from qlint.fixes.reasons import NotFixableError
from qlint.flow.values import Function, Tensor, options_of
from qlint.semantics.modules import QUANT_STUBS
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.diagnostics import Edit
    from qlint.fixes.build import FixBuilder, Made
    from qlint.fixes.source import Source
    from qlint.flow.events import Site


def class_islands(builder: FixBuilder, site: Site) -> Made:
    """What to say, how safe it is, and the edits, for something that happens in a function.

    Raises:
        NotFixableError: The classes from which it is called cannot be made islands.
    """
    if builder.usage.is_mixed(site):
        raise NotFixableError("it works on float tensors as well")
    classes = builder.usage.inside.get(site, set())
    found = {cls.lookup("forward") for cls in classes}
    functions = [each for each in found if isinstance(each, Function)]
    if not found or len(functions) < len(found):
        raise NotFixableError("from which module this is called is not known")
    edits: list[Edit] = []
    names = []
    for function in sorted(functions, key=lambda each: (str(each.module.path), each.node.start)):
        edits += _island_of(builder, function)
        names.append("" if function.owner is None else function.owner.name)
    said = ", ".join(f"`{name}`" for name in sorted(names))
    return f"make a float island of all of {said}", "unsafe", tuple(edits)


def _island_of(builder: FixBuilder, function: Function) -> list[Edit]:
    """The island of a forward; all that happens in what it calls has the same."""
    if function not in builder.class_islands:
        try:
            builder.class_islands[function] = _island(builder, function)
        except NotFixableError as error:
            builder.class_islands[function] = error
    found = builder.class_islands[function]
    if isinstance(found, NotFixableError):
        raise found
    return found


def _island(builder: FixBuilder, function: Function) -> list[Edit]:
    cls, node = function.owner, function.node
    if cls is None or not function.module.linted or not isinstance(node, model.FunctionDef):
        raise NotFixableError("the module from which this is called is not in the given files")
    source = builder.source(function.module)
    inputs = builder.usage.inputs.get(function, set())
    if not inputs or any(name.startswith("*") for name in inputs):
        raise NotFixableError(f"`{function.qualname}` gets containers of tensors")
    output = builder.usage.outputs.get(function)
    if output is None or not all(isinstance(each, Tensor) for each in options_of(output)):
        raise NotFixableError(f"`{function.qualname}` returns more than one tensor")
    if _quantizes(builder, function, node):
        raise NotFixableError(f"`{function.qualname}` quantizes tensors itself")
    for other, made in builder.class_islands.items():
        if isinstance(made, list) and other.owner is not None:
            _check_chain(function, other)
            _check_chain(other, function)
    owner = Owner.of(builder, source, node.body[0])
    quant, imports = spell(source, QUANT_STUB)
    dequant, more = spell(source, DEQUANT_STUB)
    names = [builder.names.new(cls, wish) for wish in ("dequant", "quant")]
    edits = [*imports, *more]
    edits += owner.keep_float(
        [f"{names[0]} = {dequant}()", f"{names[1]} = {quant}()"], except_for=quant
    )
    parameters = [
        each
        for each in (*node.parameters.by_position, *node.parameters.keyword_only)
        if each.name in inputs
    ]
    ordered = ", ".join(each.name for each in parameters)
    calls = ", ".join(_dequantized(each, f"{owner.this}.{names[0]}") for each in parameters)
    body = [first_line(source, node, f"{ordered} = {calls}")]
    for value in _returned(source, node):
        body += source.enclose(f"{owner.this}.{names[1]}(", *source.whole(value))
    # As one edit: what else is found in the function is so no longer when it works on floats.
    end = model.end_of(node.body)
    text = carried_out(source.text, body)
    content = text[node.body[0].start : len(text) - (len(source.text) - end)]
    return [*edits, source.edit(node.body[0].start, end, content)]


def _check_chain(function: Function, base: Function) -> None:
    """Refuse a second island in a forward that runs the forward of a base, which is one."""
    assert function.owner is not None
    if base.owner is None or base.owner not in function.owner.mro[1:]:
        return
    assert isinstance(base.node, model.FunctionDef)
    for each in model.walk(function.node.body):
        func = each.func if isinstance(each, model.Call) else None
        if not isinstance(func, model.Attribute) or func.name != base.node.name:
            continue
        if not isinstance(func.value, model.Name) or func.value.id == base.owner.name:
            raise NotFixableError(
                f"`{function.qualname}` runs `{base.qualname}`, and both cannot be islands"
            )


def _dequantized(parameter: model.Parameter, stub: str) -> str:
    """The source of what a stub makes of a parameter, unless that is left at None."""
    name, default = parameter.name, parameter.default
    call = f"{stub}({name})"
    optional = isinstance(default, model.Constant) and default.value is None
    return f"{name} if {name} is None else {call}" if optional else call


def _quantizes(builder: FixBuilder, function: Function, node: model.FunctionDef) -> bool:
    """Whether a forward quantizes tensors itself, as that of an island does."""
    return any(
        isinstance(each, model.Call)
        and any(names <= QUANT_STUBS for names in builder.called_at(function.module, each))
        for each in model.walk(node.body)
    )


def first_line(source: Source, function: model.FunctionDef, line: str) -> Edit:
    """Put a line in front of all that a function does."""
    first = function.body[0]
    is_text = isinstance(first, model.ExpressionStatement) and isinstance(
        first.value, model.Constant
    )
    if is_text and len(function.body) > 1:
        first = function.body[1]
    indentation = source.indentation(first)
    if indentation is None:
        raise NotFixableError(f"`{function.name}` is written on one line")
    return source.edit(first.start, first.start, f"{line}{source.line_end}{indentation}")


def _returned(source: Source, function: model.FunctionDef) -> Iterator[model.Expression]:
    """The expressions that a function returns."""
    for node in model.walk(function.body):
        if isinstance(node, model.Return):
            inner = next(
                each
                for each in source.around(node)
                if isinstance(each, (model.FunctionDef, model.Lambda))
            )
            if inner is function:
                if node.value is None or isinstance(node.value, model.Sequence):
                    raise NotFixableError(f"`{function.name}` returns more than one tensor")
                yield node.value
