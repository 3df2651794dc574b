"""Stubs for a whole model: one that quantizes what it gets, one that dequantizes its output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.fixes.class_islands import first_line
from qlint.fixes.imports import DEQUANT_STUB, QUANT_STUB, spell
from qlint.fixes.owners import Owner
from qlint.fixes.reasons import NotFixableError
from qlint.flow.events import FloatInput, QuantizedOutput
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qlint.diagnostics import Edit
    from qlint.fixes.build import FixBuilder, Made
    from qlint.fixes.source import Source
    from qlint.flow.events import Event, Site
    from qlint.flow.values import Function


def quantize_input(builder: FixBuilder, events: Sequence[Event]) -> Made:
    """What to say, how safe it is, and the edits, for a model that gets floats.

    Raises:
        NotFixableError: Where int8 begins is a choice.
    """
    event = next(each for each in events if isinstance(each, FloatInput))
    forward = event.forward
    if event.has_stub:
        raise NotFixableError("the model has a QuantStub: where int8 begins anew is a choice")
    if forward is None or forward.owner is None or not forward.module.linted:
        raise NotFixableError("the class of the model is not in the given files")
    _require_outermost(builder, forward)
    node = forward.node
    assert isinstance(node, model.FunctionDef)
    parameters = node.parameters
    if len(parameters.by_position) != 2 or parameters.star or parameters.keyword_only:
        raise NotFixableError(f"`{forward.qualname}` has several inputs: quantize those it needs")
    source = builder.source(forward.module)
    owner = Owner.of(builder, source, node.body[0])
    spelled, edits = spell(source, QUANT_STUB, owner.hidden())
    name = builder.names.new(owner.cls, "quant")
    value = parameters.by_position[1].name
    edits += owner.give(name, f"{spelled}()")
    edits.append(first_line(source, node, f"{value} = {owner.this}.{name}({value})"))
    return f"quantize `{value}` where `{forward.qualname}` begins", "unsafe", tuple(edits)


def dequantize_output(
    builder: FixBuilder, source: Source, site: Site, events: Sequence[Event]
) -> Made:
    """What to say, how safe it is, and the edits, for a model that returns an int8 tensor.

    Raises:
        NotFixableError: It returns other things as well.
    """
    event = next(each for each in events if isinstance(each, QuantizedOutput))
    node = source.find(site, model.Expression)
    if not event.alone or node is None:
        raise NotFixableError("it is one of several things that are returned")
    _require_outermost(builder, event.forward)
    owner = Owner.of(builder, source, node)
    spelled, imports = spell(source, DEQUANT_STUB, owner.hidden())
    name = builder.names.new(owner.cls, "dequant")
    edits: list[Edit] = [*imports, *owner.give(name, f"{spelled}()")]
    start, end = source.whole(node)
    edits += source.enclose(f"{owner.this}.{name}(", start, end, outside=True)
    return f"dequantize what `{event.forward.qualname}` returns", "unsafe", tuple(edits)


def _require_outermost(builder: FixBuilder, forward: Function) -> None:
    """Refuse a model that another one hands int8 tensors to.

    Raises:
        NotFixableError: It is part of one.
    """
    if forward in builder.usage.inner:
        raise NotFixableError(
            f"`{forward.qualname}` is part of another model as well, which quantizes its input: "
            "wrap it in a QuantWrapper where it is prepared by itself"
        )
