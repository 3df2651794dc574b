"""Float islands: what has no int8 kernel gets float tensors, and what it returns is quantized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.diagnostics import Stretch
from qlint.fixes.imports import DEQUANT_STUB, QUANT_STUB
from qlint.fixes.reasons import NotFixableError
from qlint.flow.values import Class, State, Tensor, Value, options_of, quantized_in
from qlint.semantics.operations import (
    DTYPE,
    FILL,
    LIKE,
    LOST,
    NUMBER,
    PAIR_WITH_DIM,
    PARAMETER,
    PART,
    VIEW,
    WRITE,
    Result,
    result_of,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Collection

    from qlint.diagnostics import Edit
    from qlint.fixes.build import FixBuilder, Made, Place

# What no island cures.
_OTHERS = frozenset({DTYPE, FILL, LIKE, LOST, NUMBER, PARAMETER, PART, VIEW, WRITE, "copy_"})
# Their results are tensors of other floats, which no QuantStub takes.
_OTHER_FLOATS = frozenset({"double", "half", "bfloat16"})
_RETURN_TENSORS = (Result.SAME, Result.QUANTIZED)
_PAIRS = PAIR_WITH_DIM | {"std_mean", "var_mean", "aminmax"}


def float_island(place: Place, name: str) -> Made:
    """What to say, how safe it is, and the edits, for an operation of torch's name ``name``.

    Raises:
        NotFixableError: It does not get and return single tensors.
    """
    if name in _OTHERS:
        raise NotFixableError("a float island around this call alone would not help")
    if name in _OTHER_FLOATS:
        raise NotFixableError(
            "what it returns is not float32, which a QuantStub takes: put a DeQuantStub in front "
            "and a QuantStub behind what is computed with it"
        )
    node = place.node
    if isinstance(node, model.Call):
        place.require_plain_arguments(node)
    result = result_of(name)
    if result not in _RETURN_TENSORS and result not in (Result.FLOAT, Result.NOT_TENSOR):
        raise NotFixableError(f"`{name}` returns several tensors")
    if name in _PAIRS and isinstance(node, model.Call) and len(node.arguments) > 0:
        raise NotFixableError(f"`{name}` may return several tensors")
    island = _Island(place, name.strip("_"))
    for operand, value in place.written_operands():
        if quantized_in((value,)) is not None:
            island.dequantize(operand, value)
    if not island.edits:
        raise NotFixableError("which of the operands are quantized is not known")
    if isinstance(node, model.AugmentedAssign):
        island.assign(node)
    elif result in _RETURN_TENSORS:
        if name.endswith("_"):
            raise NotFixableError("it works in place")
        island.quantize(node)
    return f"make a float island of it: {island.said}", "unsafe", tuple(island.edits)


def module_island(place: Place, callee: str) -> Made:
    """The same for the call of a module of a class of the program, which convert leaves as it is.

    Raises:
        NotFixableError: It does not get a single tensor.
    """
    node = place.node
    if not isinstance(node, model.Call) or place.source.of(node.func) != callee:
        raise NotFixableError(f"`{callee}` is called by another module")
    if len(node.arguments) != 1 or node.arguments[0].stars:
        raise NotFixableError(f"`{callee}` gets more than a tensor")
    island = _Island(place, model.last_name(node.func) or "layer")
    island.dequantize(node.arguments[0].value, Tensor(State.QUANTIZED))
    island.quantize(node)
    return f"make a float island of it: {island.said}", "unsafe", tuple(island.edits)


def code_of(builder: FixBuilder, names: Collection[str]) -> tuple[Stretch, ...]:
    """Where the classes of the program are defined that have these names, and their bases."""
    named = [each for each in builder.usage.classes.values() if each.name in names]
    found = {part for each in named for part in each.mro if isinstance(part, Class)}
    stretches = []
    for cls in sorted(found, key=lambda each: (str(each.module.path), each.node.start)):
        end = model.end_of(cls.node)
        start, end_location = (cls.module.position(each) for each in (cls.node.start, end))
        stretches.append(Stretch(str(cls.module.path), start, end_location))
    return tuple(stretches)


class _Island:
    """The stubs of one island, and the edits that put them around it."""

    def __init__(self, place: Place, name: str) -> None:
        self._place = place
        self._name = name
        self._dequant = ""
        self.edits: list[Edit] = []
        self.said = ""

    def dequantize(self, operand: model.Expression, value: Value) -> None:
        """Put a DeQuantStub in front of an operand."""
        tensors = [each for each in options_of(value) if isinstance(each, Tensor)]
        if len(tensors) != len(options_of(value)):
            raise NotFixableError("what it gets is not a single tensor each time")
        if not self._dequant:
            self._dequant = self._stub(DEQUANT_STUB, "dequant")
        # What a fix of the operand itself puts around it is inside of this.
        source = self._place.source
        self.edits += source.enclose(f"{self._dequant}(", *source.whole(operand), outside=True)

    def quantize(self, node: model.Node) -> None:
        """Put a QuantStub behind the result."""
        quant = self._stub(QUANT_STUB, "quant")
        self.edits += self._place.source.enclose(f"{quant}(", node.start, node.end)

    def assign(self, node: model.AugmentedAssign) -> None:
        """``x /= y`` becomes ``x = quant(dequant(x) / dequant(y))``."""
        place, source = self._place, self._place.source
        at, end = place.operator_of(node)
        target = source.of(node.target)
        self.edits = [each for each in self.edits if not _is_at(place, each, node.target)]
        quant = self._stub(QUANT_STUB, "quant")
        opening, closing = ("", "") if source.is_atom(node.value) else ("(", ")")
        begin = f"= {quant}({self._dequant}({target}) {node.op} {opening}"
        self.edits.append(source.edit(at, end, begin))
        self.edits += source.enclose("", node.start, node.end, f"{closing})")[1:]

    def _stub(self, kind: str, wish: str) -> str:
        stub = self._place.give(f"{self._name}_{wish}", kind, self.edits)
        self.said += f"{' and ' if self.said else ''}`{stub}`"
        return stub


def _is_at(place: Place, edit: Edit, node: model.Node) -> bool:
    start, end = (place.source.module.position(each) for each in (node.start, node.end))
    return edit.location in (start, end) and edit.rank[0] < 2
