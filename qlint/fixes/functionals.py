"""Arithmetic and concatenation by FloatFunctionals."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qlint.fixes.imports import QUANT_STUB
from qlint.fixes.reasons import NoFunctionalError, NotFixableError
from qlint.fixes.relus import followed_by_relu
from qlint.flow.containers import items_of
from qlint.flow.values import (
    Constant,
    Dtype,
    State,
    Tensor,
    Value,
    is_surely_no_tensor,
    options_of,
    tensors_in,
)
from qlint.semantics.modules import FLOAT_FUNCTIONAL
from qlint.semantics.operations import Op
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.diagnostics import Edit
    from qlint.fixes.build import Made, Place
    from qlint.flow.events import Operation

# Functions and methods that are one operation of two tensors, and the parameters of those.
_METHODS = {
    Op.ADD: "add",
    Op.SUB: "add",
    Op.MUL: "mul",
    Op.MATMUL: "matmul",
}
_WHOLE = re.compile(r"-?\d+")
_SIZES = frozenset({"size", "shape", "numel", "dim", "ndim"})
_MATMULS = frozenset({"@", "@=", "matmul", "bmm", "mm", "__matmul__"})
_SECOND = frozenset({"other", "mat2"})
_CATS = frozenset({"cat", "concat", "concatenate"})


def use_functional(place: Place) -> Made:
    """What to say, how safe it is, and the edits.

    Raises:
        NotFixableError: No FloatFunctional does the same.
    """
    event = place.event_of_operation()
    work = _Work(place, event)
    node = place.node
    if event.op is Op.CAT:
        work.cat()
    elif isinstance(node, model.BinaryOp):
        work.operator(node)
    elif isinstance(node, model.AugmentedAssign):
        work.assignment(node)
    elif isinstance(node, model.Call):
        work.call(node)
    else:
        raise NotFixableError(f"`{event.spelled}` is written in a way that qlint cannot edit")
    made = ", ".join(f"`{each}`" for each in work.made)
    several = "FloatFunctionals" if len(work.made) > 1 else "a FloatFunctional"
    message = f"use {several} of its own, {made}"
    if work.stubs:
        return f"{message}, and quantize the float operand", "unsafe", tuple(work.edits)
    return message, "safe", tuple(work.edits)


@dataclass(slots=True)
class _Work:
    """The edits of one fix."""

    place: Place
    event: Operation
    edits: list[Edit] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    stubs: int = 0

    # What is added to the class

    def functional(self, wish: str) -> str:
        """A new FloatFunctional: the source of it."""
        made = self.place.give(wish, FLOAT_FUNCTIONAL, self.edits)
        self.made.append(made)
        return made

    def stub(self, functional: str) -> str:
        """A new QuantStub for an operand: the source of it."""
        self.stubs += 1
        name = functional.rpartition(".")[2].partition("[")[0]
        return self.place.give(f"{name}_quant", QUANT_STUB, self.edits)

    # The forms

    def operator(self, node: model.BinaryOp) -> None:
        """``a + b``."""
        left, right = node.left, node.right
        first, second = self._kinds(2)
        if first == "number":
            self._number_first(node, left, right)
            return
        opening, between, closing = self._around(node, first, second)
        source = self.place.source
        self.edits += source.enclose(opening, node.start, node.end, closing)
        self._replace_operator(node, source.whole(left)[1], source.whole(right)[0], between)

    def assignment(self, node: model.AugmentedAssign) -> None:
        """``a += b``."""
        source = self.place.source
        at, end = self.place.operator_of(node)
        first, second = self._kinds(2)
        if first == "number":
            raise NotFixableError("a number is not changed in place")
        opening, between, closing = self._around(node, first, second)
        target = source.of(node.target)
        self.edits.append(source.edit(at, end, f"= {opening}{target}{between}"))
        self.edits += source.enclose("", node.start, node.end, closing)[1:]

    def call(self, node: model.Call) -> None:
        """``torch.add(a, b)``, ``a.add(b)``, ``sum([a, b])``."""
        name = self.event.name
        if name == "sum":
            self._sum(node)
            return
        self.place.require_plain_arguments(node)
        if self.event.form == "function":
            self.place.require_torch(node)
        in_place = name.endswith("_") and not name.endswith("__")
        if in_place:
            self.place.require_unshared()
        operands = self._operands(node)
        if len(operands) != 2:
            raise NoFunctionalError(f"`{self.event.spelled}` is called in a way of its own")
        left, right = operands
        if name.strip("_") in ("rsub", "radd", "rmul", "rmatmul"):
            left, right = right, left
        text = self._of_texts(left, right, node)
        if in_place:
            text = self._assigned(node, text)
        self.edits.append(self.place.source.edit(node.start, node.end, text))

    def cat(self) -> None:
        """``torch.cat([a, b], 1)``."""
        node = self.place.node
        name = self.event.name
        if not isinstance(node, model.Call) or self.event.form != "function":
            raise NotFixableError(f"`{self.event.spelled}` is called in a way of its own")
        self.place.require_plain_arguments(node)
        self.place.require_torch(node)
        if name == "stack":
            self._stack(node)
            return
        if name not in _CATS:
            raise NotFixableError(
                f"`{name}` gives tensors with few dimensions more, which `cat` does not"
            )
        source = self.place.source
        functional = self.functional("cat")
        self.edits.append(source.edit(node.func.start, node.func.end, f"{functional}.cat"))
        self._quantize_elements(node, functional)
        renamed = {"tensors": "x", "axis": "dim"}
        for each in node.arguments:
            if each.keyword in renamed:
                end = each.start + len(each.keyword)
                self.edits.append(source.edit(each.start, end, renamed[each.keyword]))

    def _quantize_elements(self, node: model.Call, functional: str) -> None:
        """Give each float tensor that is joined a QuantStub of its own."""
        if not self._gets_float():
            return
        display = node.arguments[0].value if node.arguments else None
        values = items_of(self.place.operands()[0]) if self.place.operands() else None
        written = display.elements if isinstance(display, model.Sequence) else ()
        if values is None or values.open or len(values.items) != len(written):
            raise NotFixableError("one of the tensors is float, and needs a QuantStub of its own")
        source = self.place.source
        for element, value in zip(written, values.items, strict=True):
            if kind_of(value) == "float":
                stub = self.stub(functional)
                self.edits += source.enclose(f"{stub}(", *source.whole(element), outside=True)

    def _stack(self, node: model.Call) -> None:
        given = {
            each.keyword or str(index): each.value for index, each in enumerate(node.arguments)
        }
        tensors, dim = given.get("0", given.get("tensors")), given.get("1", given.get("dim"))
        if tensors is None or not (dim is None or isinstance(dim, (model.Constant, model.UnaryOp))):
            raise NotFixableError("the dimension to stack along is not written out")
        source = self.place.source
        where = "0" if dim is None else source.of(dim)
        functional = self.functional("cat")
        start, end = source.whole(tensors)
        self.edits.append(
            source.edit(
                node.start,
                start,
                f"{functional}.cat([each.unsqueeze({where}) for each in ",
            )
        )
        self.edits.append(source.edit(end, node.end, f"], dim={where})"))

    def _sum(self, node: model.Call) -> None:
        display = node.arguments[0].value if len(node.arguments) == 1 else None
        if not isinstance(display, model.Sequence) or len(display.elements) < 2:
            raise NotFixableError("how many tensors are summed up is not written out")
        if any(isinstance(each, model.Starred) for each in display.elements):
            raise NotFixableError("how many tensors are summed up is not written out")
        if self._gets_float():
            raise NotFixableError("one of the tensors is float, and needs a QuantStub of its own")
        self._require_no_comments(node)
        source = self.place.source
        text = source.of(display.elements[0])
        for each in display.elements[1:]:
            text = f"{self.functional('add')}.add({text}, {source.of(each)})"
        self.edits.append(source.edit(node.start, node.end, text))

    # The parts of what is written

    def _around(
        self, node: model.BinaryOp | model.AugmentedAssign, first: str, second: str
    ) -> tuple[str, str, str]:
        """What comes before, between and behind the operands of an operator."""
        if second == "number":
            return self._with_number(node.right if isinstance(node, model.BinaryOp) else node.value)
        relu = self.event.op is Op.ADD and followed_by_relu(self.place, node, self.edits)
        return self._of_two(first, second, relu=relu)

    def _of_two(self, first: str, second: str, *, relu: bool) -> tuple[str, str, str]:
        """What comes before, between and behind two tensors."""
        op = self.event.op
        if op is Op.MATMUL and self.event.name not in _MATMULS:
            raise NoFunctionalError(f"FloatFunctional has no `{self.event.name}`")
        if op not in _METHODS:
            raise NoFunctionalError("torch has no int8 division")
        method = "add_relu" if relu else _METHODS[op]
        negative = self.functional("neg") if op is Op.SUB else ""
        functional = self.functional("sub" if op is Op.SUB else method)
        opening, between, closing = f"{functional}.{method}(", ", ", ")"
        if negative:
            between, closing = f", {negative}.mul_scalar(", ", -1.0))"
        if first == "float":
            opening, between = f"{opening}{self.stub(functional)}(", f"){between}"
        if second == "float":
            inner = f"{self.stub(functional)}("
            between, closing = f"{between}{inner}", f"){closing}"
        return opening, between, closing

    def _with_number(self, number: model.Expression) -> tuple[str, str, str]:
        """What comes before a tensor, between it and a number, and behind that."""
        op = self.event.op
        start, end = self._as_float(number)
        plain = start or self.place.source.is_atom(number)
        brackets = ("", "") if plain else ("(", ")")
        if op is Op.ADD:
            return f"{self.functional('shift')}.add_scalar(", f", {start}", f"{end})"
        if op is Op.SUB:
            opening = f"{self.functional('shift')}.add_scalar("
            return opening, f", -{start}{brackets[0]}", f"{brackets[1]}{end})"
        if op is Op.MUL:
            return f"{self.functional('scale')}.mul_scalar(", f", {start}", f"{end})"
        self._require_exact_inverse(number)
        return f"{self.functional('scale')}.mul_scalar(", ", 1 / ", ")"

    def _as_float(self, number: model.Expression) -> tuple[str, str]:
        """What to put around a whole number to make a float of it: TorchScript takes no other.

        Raises:
            NoFunctionalError: It is the size of a tensor, which torch.fx cannot make a float.
        """
        source = self.place.source
        if _WHOLE.fullmatch(source.text, *source.whole(number)):
            return "", ".0"
        for each in model.walk(number):
            if isinstance(each, model.Attribute) and each.name in _SIZES:
                raise NoFunctionalError("TorchScript takes no whole numbers, such as sizes")
        value = dict(self.place.written_operands()).get(number)
        options = [] if value is None else options_of(value)
        known = [each.value for each in options if isinstance(each, Constant)]
        if known and len(known) == len(options) and all(type(each) is int for each in known):
            bracketed = source.whole(number) != (number.start, number.end)
            return ("float", "") if bracketed else ("float(", ")")
        return "", ""

    def _float_text(self, number: model.Expression) -> str:
        """The source of a number, as a float."""
        start, end = self._as_float(number)
        return f"{start}{self.place.source.text[slice(*self.place.source.whole(number))]}{end}"

    def _require_exact_inverse(self, number: model.Expression) -> None:
        if self.event.name not in ("/", "/=", "div", "div_", "true_divide"):
            raise NoFunctionalError(f"`{self.event.name}` is no multiplication")
        if not _is_power_of_two(number):
            raise NoFunctionalError(
                "multiplying by the inverse would round otherwise than dividing does"
            )

    def _number_first(
        self, node: model.BinaryOp, number: model.Expression, tensor: model.Expression
    ) -> None:
        """``2 * x``, ``1 - x``."""
        self._require_no_comments(node)
        source = self.place.source
        texts = [source.text[slice(*source.whole(each))] for each in (number, tensor)]
        self.edits.append(
            source.edit(
                node.start,
                node.end,
                self._number_before(self._float_text(number), texts[1]),
            )
        )

    def _number_before(self, number: str, tensor: str) -> str:
        op = self.event.op
        if op is Op.MUL:
            return f"{self.functional('scale')}.mul_scalar({tensor}, {number})"
        if op is Op.ADD:
            return f"{self.functional('shift')}.add_scalar({tensor}, {number})"
        if op is Op.SUB:
            negative = f"{self.functional('neg')}.mul_scalar({tensor}, -1.0)"
            return f"{self.functional('shift')}.add_scalar({negative}, {number})"
        raise NoFunctionalError("torch has no int8 division")

    def _of_texts(self, left: model.Expression, right: model.Expression, node: model.Call) -> str:
        """The whole expression for two operands of a call."""
        self._require_no_comments(node)
        source = self.place.source
        texts = [source.text[slice(*source.whole(each))] for each in (left, right)]
        values = dict(self.place.written_operands())
        kinds = [kind_of(values[each]) for each in (left, right)]
        alpha = self._alpha(node)
        if kinds[0] == "number":
            if alpha:
                raise NotFixableError("`alpha` multiplies a tensor that is added to a number")
            return self._number_before(self._float_text(left), texts[1])
        if kinds[1] == "number":
            if alpha:
                raise NotFixableError("`alpha` multiplies a number")
            opening, between, closing = self._with_number(right)
        else:
            if alpha:
                texts[1] = f"{self.functional('scale')}.mul_scalar({texts[1]}, {alpha})"
            opening, between, closing = self._of_two(*kinds, relu=False)
        return f"{opening}{texts[0]}{between}{texts[1]}{closing}"

    def _alpha(self, node: model.Call) -> str:
        """The source of what the second operand is multiplied by, if anything."""
        alpha = next((each.value for each in node.arguments if each.keyword == "alpha"), None)
        if alpha is None or self.place.source.of(alpha) in ("1", "1.0"):
            return ""
        number = alpha.operand if isinstance(alpha, model.UnaryOp) and alpha.op == "-" else alpha
        if not _is_power_of_two(number):
            raise NoFunctionalError("multiplying by `alpha` first would round twice")
        return self._float_text(alpha)

    # What the operands are

    def _operands(self, node: model.Call) -> list[model.Expression]:
        """The expressions of the tensors and numbers that a call gets."""
        operands = [each.value for each in node.arguments if each.keyword != "alpha"]
        keywords = {each.keyword for each in node.arguments} - {None, "alpha"}
        if not keywords <= {"input", *_SECOND}:
            raise NotFixableError(f"`{self.event.spelled}` is called in a way of its own")
        if self.event.form == "method":
            if not isinstance(node.func, model.Attribute):  # `getattr(x, name)(y)`
                raise NotFixableError(f"`{self.event.spelled}` is called in a way of its own")
            operands.insert(0, node.func.value)
        first = next((each.value for each in node.arguments if each.keyword == "input"), None)
        if first is not None:
            operands.sort(key=lambda each: each is not first)
        return operands

    def _gets_float(self) -> bool:
        """Whether a tensor that is float, be it at times, is among the operands, or in one."""
        tensors = (tensor for value in self.place.operands() for tensor in tensors_in(value))
        return any(tensor.state is not State.QUANTIZED for tensor in tensors)

    def _kinds(self, count: int) -> list[str]:
        values = self.place.operands()
        if len(values) != count:
            raise NotFixableError("what this gets differs from call to call")
        return [kind_of(each) for each in values]

    # Putting it in

    def _replace_operator(self, node: model.BinaryOp, start: int, end: int, between: str) -> None:
        """Put a comma, and what follows it, in the place of an operator."""
        source = self.place.source
        at = source.token(node.op, start, end)
        behind = at + len(node.op)
        first, comma, rest = between.partition(", ")
        if not source.text[start:at].strip(" \t"):
            if not source.text[behind:end].strip(" \t"):
                self.edits.append(source.edit(start, end, between))
                return
            # Behind the operator the line goes on below, or there is a comment.
            self.edits.append(source.edit(start, behind, first + comma.rstrip()))
        else:
            self.edits.append(source.edit(start, start, first + ",", 0, node.end - node.start))
            self.edits.append(source.edit(at, source.skip_blanks(behind), ""))
        if rest:
            self.edits.append(source.edit(end, end, rest, 1, node.start - node.end))

    def _require_no_comments(self, node: model.Node) -> None:
        if self.place.source.has_comment(node.start, node.end):
            raise NotFixableError("a comment stands inside of it, and would be lost")

    def _assigned(self, node: model.Call, text: str) -> str:
        """``x.add_(y)`` alone on a line becomes ``x = ...``."""
        receiver = node.func.value if isinstance(node.func, model.Attribute) else None
        statement = self.place.source.statement(node)
        if not isinstance(statement, model.ExpressionStatement) or statement.value is not node:
            return text
        if not isinstance(receiver, model.Name):
            raise NotFixableError("what is changed in place has no name of its own")
        return f"{receiver.id} = {text}"


def _is_power_of_two(number: model.Expression) -> bool:
    """Whether multiplying by a number that is written out, or dividing by it, is exact."""
    value = number.value if isinstance(number, model.Constant) else None
    return isinstance(value, (int, float)) and abs(math.frexp(value)[0]) == 0.5


def kind_of(value: Value) -> str:
    """``tensor`` (int8 for sure), ``float`` or ``number``.

    Raises:
        NotFixableError: It is not known, or may be several of these.
    """
    kinds: set[str] = set()
    for each in options_of(value):
        if isinstance(each, Tensor):
            if each.state is State.MAYBE:
                raise NotFixableError("an operand is a float tensor at times, and int8 at others")
            if each.state is State.FLOAT and each.dtype is not Dtype.FLOAT:
                raise NotFixableError(
                    f"an operand is a tensor {each.dtype.value}, which no observer takes: convert "
                    "it by `.float()`, or compute this in float"
                )
            kinds.add("float" if each.state is State.FLOAT else "tensor")
        elif is_surely_no_tensor(each):
            kinds.add("number")
    if not kinds:
        raise NotFixableError("it is not known whether an operand is a number or a tensor")
    if len(kinds) > 1:
        raise NotFixableError("an operand is not of the same kind each time")
    return kinds.pop()
