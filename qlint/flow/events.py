"""What the interpreter tells the rules: operations and module calls on quantized paths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.flow.values import Class, Function, Tensor, Value
    from qlint.program.project import Module
    from qlint.semantics.kernels import Outcome
    from qlint.semantics.operations import Op

Form = Literal["operator", "in-place operator", "function", "method"]


@dataclass(frozen=True, slots=True)
class Site:
    """A stretch of source: an expression, and the statement (or its header) around it."""

    module: Module
    start: int
    end: int
    statement_start: int
    statement_end: int

    @classmethod
    def of(cls, definition: Function | Class) -> Site:
        """Where a function or class is defined."""
        node = definition.node
        return cls(definition.module, node.start, node.end, node.start, node.end)

    @property
    def is_in_loop(self) -> bool:
        """Whether it lies in a loop or comprehension of its own function."""
        loops = _loops_in(self.module.file)
        return any(start <= self.start and self.end <= end for start, end in loops)

    @property
    def text(self) -> str:
        """The source there, on one line."""
        return " ".join(self.module.text[self.start : self.end].split())


@lru_cache(maxsize=256)
def _loops_in(file: model.File) -> tuple[tuple[int, int], ...]:
    """Where the loops and comprehensions of a file begin and end."""
    return tuple(
        (node.start, model.end_of(node))
        for node in model.walk(file.body)
        if isinstance(node, (model.For, model.While, model.Comprehension))
    )


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One stop of a quantized value, linked to the stop before.

    The first one knows ``within`` the forward of which class that was.
    """

    site: Site
    message: str
    previous: Step | None = None
    within: Class | None = None

    @property
    def first(self) -> Step:
        """Where the value was quantized."""
        step = self
        while step.previous is not None:
            step = step.previous
        return step

    @property
    def length(self) -> int:
        """How many stops there are up to and with this one."""
        count, step = 1, self.previous
        while step is not None:
            count, step = count + 1, step.previous
        return count


@dataclass(frozen=True, slots=True)
class Operation:
    """A torch operation of a known family that a quantized tensor reaches.

    ``spelled`` is how the source writes the operation (``+``, ``torch.cat``, ``.add_()``);
    ``tensor`` the quantized operand; ``with_scalar`` says that the other one is a Python number,
    ``common_grid`` is not None if all operands have the same qparams.
    """

    op: Op
    form: Form
    spelled: str
    site: Site
    operands: tuple[Value, ...]
    tensor: Tensor
    with_scalar: bool = False
    common_grid: object = None

    @property
    def name(self) -> str:
        """The operator, or the name of the function or method alone."""
        return self.spelled.strip("()").rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class UnsupportedOperation:
    """Any other operation that a quantized tensor reaches and that no int8 kernel does right.

    ``name`` is torch's name of it; ``spelled`` how the source writes it; ``outcome`` what happens.
    The ``operands`` are in the order in which they are written, if they are known.
    """

    name: str
    spelled: str
    outcome: Outcome
    site: Site
    tensor: Tensor
    operands: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class UnsupportedModule:
    """A call of a module that does not do right by int8 tensors once the model is converted.

    ``callee`` is the source of what is called; ``base`` the canonical name of torch's class, and
    ``cls`` the class of the program derived from it, if it is not that class itself. ``option`` is
    the constructor's argument that alone makes it so, if there is one. One ``out_of_reach`` is part
    of no module, so that convert does not find it. It was made of a class ``named_at`` a place.
    """

    callee: str
    base: str
    cls: str | None
    outcome: Outcome
    site: Site
    tensor: Tensor
    option: str = ""
    out_of_reach: bool = False
    named_at: Site | None = None


@dataclass(frozen=True, slots=True)
class CoarseActivation:
    """An activation whose int8 kernel runs, but puts out a smaller range on its input's qparams.

    ``spelled`` is the source of what is called, ``name`` torch's name of the function, or the
    canonical one of the module's class, which was made of what is ``named_at`` a place. The
    ``operands`` are those of the function, in the order in which they are written.
    """

    name: str
    spelled: str
    site: Site
    tensor: Tensor
    operands: tuple[Value, ...] = ()
    named_at: Site | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a module: where, and the source of what is called there."""

    site: Site
    callee: str


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """A call of an ``nn.Module`` instance that was called before in the same forward pass.

    ``callee`` is the source of what is called; ``cls`` the name of its class, torch's canonical
    one if it is torch's; ``parts`` the canonical names of all torch classes in it.
    """

    site: Site
    callee: str
    cls: str
    parts: frozenset[str]
    earlier: tuple[Call, ...]
    tensor: Tensor


@dataclass(frozen=True, slots=True)
class FloatInput:
    """A call of a layer that gets a float ``tensor``, though convert makes an int8 one of it.

    ``forward`` is that of the model that is prepared, if the program has its class, and
    ``has_stub`` whether int8 begins anywhere in it.
    """

    site: Site
    callee: str
    base: str
    tensor: Tensor
    forward: Function | None
    has_stub: bool


@dataclass(frozen=True, slots=True)
class QuantizedOutput:
    """An int8 tensor that the ``forward`` of a prepared model returns, alone or in a tuple."""

    site: Site
    tensor: Tensor
    forward: Function
    alone: bool


@dataclass(frozen=True, slots=True)
class LegacyName:
    """A name from an old namespace, in an import or in a dotted name, and what it is called now."""

    site: Site
    name: str
    new: str


# What happens to tensors, and what only stands there.
FlowEvent = (
    Operation
    | UnsupportedOperation
    | UnsupportedModule
    | CoarseActivation
    | ModuleCall
    | FloatInput
    | QuantizedOutput
)
Event = FlowEvent | LegacyName


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event, and the names of the models in whose forward passes it was seen.

    The model that the event's trace starts in comes first. What happens in an installed package
    has the ``call`` that leads there.
    """

    event: Event
    models: tuple[str, ...]
    call: Site | None = None
