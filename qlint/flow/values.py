"""What the interpreter knows of a value, and how two such pieces of knowledge join."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from qlint.flow.events import Call, Site, Step, UnsupportedOperation
    from qlint.flow.scopes import Frame, Namespace
    from qlint.program.project import Module
    from qlint.syntax import model

# More alternatives than this for one value say nothing any more.
_MOST_OPTIONS = 12
_MOST_CONSTANTS = 4
# Longer sequences are joined as a whole, not item by item.
_LONGEST_JOINED = 24


class State(Enum):
    """Quantization state of a tensor."""

    FLOAT = "float"
    QUANTIZED = "quantized"
    MAYBE = "maybe"


class Dtype(Enum):
    """What the numbers of a tensor that is not quantized are."""

    FLOAT = "float32"
    WHOLE = "of whole numbers or truth values"
    OTHER = "of another precision than float32"


class Value:
    """Base of everything an expression can evaluate to."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """The identity of a parameter that is only known to be true or false, or its negation."""

    key: object
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """Anything at all. As a ``submodule`` it is called like a layer: it hands on its input's state.

    Eager convert leaves a module that nothing can be known of in its place, so a submodule of an
    unknown class is still a stop on the quantized path.
    """

    submodule: bool = False
    flag: Flag | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NotTensor(Value):
    """Some Python value that is certainly no tensor: a size, a flag, a name.

    The scale of a tensor, read by ``q_scale()``, knows the ``grid`` that it is of. Of a text that
    is only known in part, ``glob`` is the pattern.
    """

    grid: object = field(default=None, compare=False)
    flag: Flag | None = field(default=None, compare=False)
    glob: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SomeSlice(NotTensor):
    """A slice of which not all bounds are known."""


@dataclass(frozen=True, slots=True)
class Constant(Value):
    """A Python constant whose value is known."""

    value: object

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Constant)
            and type(self.value) is type(other.value)
            and self.value == other.value
        )

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@dataclass(frozen=True, slots=True)
class ChannelsLast:
    """The memory format of what an int8 convolution puts out, with so many ``channels`` and
    ``dimensions`` of pixels. There are ``several`` pixels or, as far as is known, there may be but
    one, in which case several images can be joined. ``flattened`` is the event to be reported
    should a view have joined several pixels.
    """  # noqa: D205

    channels: int
    dimensions: int
    several: bool | None = None
    flattened: UnsupportedOperation | None = None


@dataclass(frozen=True, slots=True)
class Tensor(Value):
    """A tensor and, if it can be quantized, how it became so.

    Tensors with the same ``grid`` (not None) have the same qparams: they come from one quantizer.
    One ``handed_on`` by an unknown module may be a tuple with this tensor in front. The data lies
    in one of ``storages``; of a tensor that has none, it is not known where. The ``dtype`` of a
    float one says that it is, or may be, none of float32.
    """

    state: State
    trace: Step | None = field(default=None, compare=False)
    grid: object = field(default=None, compare=False)
    handed_on: bool = field(default=False, compare=False)
    channels_last: ChannelsLast | None = field(default=None, compare=False)
    storages: frozenset[Storage] = field(default=frozenset(), compare=False)
    dtype: Dtype = field(default=Dtype.FLOAT, compare=False)

    @property
    def may_be_quantized(self) -> bool:
        """Whether int8 data can arrive here."""
        return self.state is not State.FLOAT


@dataclass(frozen=True, slots=True)
class Tuple(Value):
    """A tuple; an ``open`` one has more items like those listed, a named one their ``names``.

    The items of a list know what was ``written`` last at an index that is not known itself.
    """

    items: tuple[Value, ...]
    open: bool = False
    names: tuple[str, ...] = field(default=(), compare=False)
    written: tuple[Value, Value] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class External(Value):
    """A module, class or function outside the program, by its dotted name.

    The dtype of a quantized tensor knows the tensor that it is ``of``; a class of torch's the place
    ``at`` which the program names it.
    """

    name: str
    of: Tensor | None = field(default=None, compare=False)
    at: Site | None = field(default=None, compare=False)


NUMBERS = {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf, "nan": math.nan}


def outside(name: str) -> External | Constant:
    """What has that dotted name outside the program; a few are plain numbers."""
    package, _, short = name.rpartition(".")
    if package in ("math", "torch", "numpy") and short in NUMBERS:
        return Constant(NUMBERS[short])
    return External(name)


@dataclass(frozen=True, slots=True)
class ModuleValue(Value):
    """A module of the program."""

    module: Module


@dataclass(frozen=True, slots=True, eq=False)
class Function(Value):
    """A function of the program, with the scope it was defined in.

    A property is the function that reads it; ``setter`` is the one that writes it, if any. Who
    calls one with a ``wrapper`` calls that: what a decorator has made of it.
    """

    node: model.FunctionDef | model.Lambda
    module: Module
    scope: Frame | None
    defaults: dict[str, Value]
    qualname: str
    owner: Class | None = None
    kind: Literal["function", "static", "class", "property", "generator", "context"] = "function"
    setter: Function | None = None
    wrapper: Function | Instance | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Class(Value):
    """A class of the program."""

    name: str
    module: Module
    node: model.ClassDef
    bases: tuple[Value, ...]
    namespace: dict[str, Value]
    mro: list[Class | External] = field(default_factory=list)
    metaclass: Class | None = None
    # Dotted names of the bases that lie outside the program.
    external_bases: list[str] = field(default_factory=list)
    # The classes directly derived from it so far.
    subclasses: list[Class] = field(default_factory=list)

    def inherit(self, mro: Iterable[Class | External]) -> None:
        """Settle where attributes are looked for, the class itself first."""
        self.mro.extend(mro)
        self.external_bases.extend(each.name for each in self.mro if isinstance(each, External))

    def lookup(self, name: str, after: Class | None = None) -> Value | None:
        """Find a class attribute along the MRO, behind ``after`` if given."""
        started = after is None
        for each in self.mro:
            if started and isinstance(each, Class) and name in each.namespace:
                return each.namespace[name]
            started = started or each is after
        return None

    @property
    def has_unknown_base(self) -> bool:
        """Whether it is derived, directly or not, from something that cannot be resolved."""
        return any(
            isinstance(base, Unknown)
            for each in self.mro
            if isinstance(each, Class)
            for base in each.bases
        )


@dataclass(frozen=True, slots=True, eq=False)
class BoundMethod(Value):
    """A function of the program bound to its instance or class."""

    function: Function
    owner: Value


@dataclass(frozen=True, slots=True, eq=False)
class ExternalMethod(Value):
    """A method that some known kind of value has from outside the program."""

    receiver: Value
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Partial(Value):
    """``functools.partial(function, *args, **kwargs)``; a method gets its instance in front."""

    function: Value
    args: tuple[Value, ...]
    kwargs: dict[str, Value]
    is_method: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ContextManager(Value):
    """A call of a function under ``contextlib.contextmanager``, which ``with`` runs."""

    function: Function
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class NamedTuple(Value):
    """A class made by ``collections.namedtuple``."""

    names: tuple[str, ...]
    defaults: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Super(Value):
    """``super()`` in a method: ``instance`` seen from behind ``after`` in its MRO."""

    instance: Instance | Class
    after: Class


@dataclass(frozen=True, slots=True)
class Lazy(Value):
    """A name that an import binds; its file is read when the name is first used.

    Without a ``name`` it is the module itself.
    """

    path: Path
    name: str


_births = itertools.count()


def births() -> int:
    """A number above those of all objects so far and below those of all others."""
    return next(_births)


@dataclass(slots=True, eq=False)
class HeapObject(Value):
    """A value with identity and parts that change; written only through the heap.

    Objects are numbered as they are ``born``.
    """

    slots: dict[str, Value] = field(default_factory=dict)
    born: int = field(default_factory=births, init=False)


@dataclass(slots=True, eq=False)
class Storage(HeapObject):
    """Where the data of tensors lies: what is written into one of them changes the others.

    What an operation in place returns is given a storage of its own, which is the ``same`` as that
    of its operand until the operation is replaced. A layer is noted as what has ``made`` it.
    """

    same: frozenset[Storage] = frozenset()
    made: str = ""


@dataclass(frozen=True, slots=True)
class Written(Value):
    """That an operation has written into a storage, and the one that its result is in."""

    site: Site
    result: Storage


@dataclass(slots=True, eq=False)
class Instance(HeapObject):
    """An object made by calling a class: of the program, or an outside one known by name.

    One of a class derived from list or dict holds its items as ``data``. A module knows its
    ``owners``, the modules that it was made a part of; one of torch's, where the program has
    ``named_at`` its class.
    """

    cls: Class | External = field(default_factory=lambda: External("object"))
    owners: list[Instance] = field(default_factory=list)
    data: List | Dict | None = None
    named_at: Site | None = None

    @property
    def attached(self) -> bool:
        """Whether it is part of another module."""
        return bool(self.owners)


@dataclass(slots=True, eq=False)
class List(HeapObject):
    """A list, set or other growing sequence; ``slots["items"]`` is a Tuple.

    An iterator is one that ``next`` takes its items from.
    """

    is_iterator: bool = False


@dataclass(slots=True, eq=False)
class Dict(HeapObject):
    """A dict with a slot for each key that is known; ``open`` when there may be others.

    One that shows the names of a module, or the submodules of an instance, knows its ``owner``;
    a ``defaultdict`` its ``factory``. One ``is_table`` that is written out in one place.
    """

    keys: dict[str, Value] = field(default_factory=dict)
    open: bool = False
    owner: Namespace | Instance | None = None
    factory: Value | None = None
    is_table: bool = False


@dataclass(frozen=True, slots=True)
class Calls(Value):
    """Where a module instance has been called in the forward pass of number ``epoch``.

    ``unsure_below`` is set when only some of the ways here made a call: the depth of conditions
    at which they met. Deeper than that, a condition may well exclude those ways.
    """

    epoch: int
    calls: tuple[Call, ...]
    unsure_below: int | None = None


@dataclass(frozen=True, slots=True)
class Unsure(Value):
    """The slots of an instance that only some of the ways here have set."""

    slots: frozenset[str]


@dataclass(frozen=True, slots=True)
class Union(Value):
    """One of several values."""

    options: tuple[Value, ...]


_WITH_IDENTITY = frozenset(
    {
        Instance,
        List,
        Dict,
        Function,
        Class,
        BoundMethod,
        ExternalMethod,
        Partial,
        ContextManager,
        NamedTuple,
        Super,
    }
)
_MAY_HOLD_TENSORS = frozenset({Tensor, Union, Tuple, List, Dict, Instance})
# The grid of what may be several tensors, each with qparams of its own, is ``(SEVERAL, whose)``.
SEVERAL = "one of several"
# That of what may be one tensor or several is ``(INPUT, whose)``.
INPUT = "input"
UNKNOWN = Unknown()
SUBMODULE = Unknown(submodule=True)
NOT_TENSOR = NotTensor()
NONE = Constant(None)
_TRUE, _FALSE = Constant(True), Constant(False)
FLOAT = Tensor(State.FLOAT)


def verdict(holds: bool | None) -> Constant | NotTensor:
    """The value of a question that is answered with yes, no, or not at all."""
    return NOT_TENSOR if holds is None else _TRUE if holds else _FALSE


def options_of(value: Value) -> tuple[Value, ...]:
    """The alternatives of a value, itself if it has none."""
    return value.options if isinstance(value, Union) else (value,)


def one_of(values: Iterable[Value]) -> Value:
    """One of several values, it is not known which, even if only one of them is known."""
    joined = join(values)
    return Union((joined,)) if isinstance(joined, Instance) else joined


def is_one_of(value: Value) -> bool:
    """Whether a value is one of several of which only this one is known."""
    return isinstance(value, Union) and len(value.options) == 1


def join(values: Iterable[Value]) -> Value:
    """The least knowledge that covers all the values."""
    values = tuple(values)
    if len(values) == 1 and not isinstance(values[0], Union):
        return values[0]
    flat = _different(values)
    if not flat:
        return UNKNOWN
    if len(flat) > 1:
        flat = _merge_constants(_merge_tuples(_merge_tensors(flat)))
    if len(flat) > _MOST_OPTIONS:
        flat = [*(each for each in flat if isinstance(each, Tensor)), UNKNOWN]
    return Union(tuple(flat)) if len(flat) > 1 else flat[0]


def _different(values: Iterable[Value]) -> list[Value]:
    """The alternatives among the values, each once."""
    seen: set[int] = set()
    flat: list[Value] = []
    for value in values:
        for option in value.options if isinstance(value, Union) else (value,):
            if id(option) in seen:
                continue
            seen.add(id(option))
            # What has an identity of its own equals nothing else.
            if type(option) in _WITH_IDENTITY:
                flat.append(option)
                continue
            kind = type(option)
            for index, each in enumerate(flat):
                if type(each) is kind and _same(option, each):
                    flat[index] = _in_common(each, option)
                    break
            else:
                flat.append(option)
    return flat


def _in_common(one: Value, other: Value) -> Value:
    """What two values that are equal in all but their identities are both."""
    if isinstance(one, Unknown) and isinstance(other, Unknown) and one.flag != other.flag:
        return Unknown(one.submodule)
    if isinstance(one, NotTensor) and isinstance(other, NotTensor):
        same = (one.flag, one.grid, one.glob) == (other.flag, other.grid, other.glob)
        return one if same else NOT_TENSOR
    if isinstance(one, Tuple) and one.written is not None:
        return replace(one, written=None)
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        both = (one, other)
        if one.storages == other.storages and one.dtype is other.dtype:
            return one
        return replace(one, storages=_storages_of(both), dtype=common_dtype(both))
    return one


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        same_format = one.channels_last == other.channels_last
        return one == other and one.grid == other.grid and same_format
    return one == other


def _merge_tensors(values: list[Value]) -> list[Value]:
    tensors = [each for each in values if isinstance(each, Tensor)]
    if len(tensors) < 2:
        return values
    state = State.MAYBE if len({each.state for each in tensors}) > 1 else tensors[0].state
    trace = next((each.trace for each in tensors if each.trace is not None), None)
    grids = {each.grid for each in tensors if each.may_be_quantized}
    # One of several grids is a grid too, which only this value and what comes of it have.
    grid = grids.pop() if len(grids) == 1 else None if None in grids else object()
    formats = {each.channels_last for each in tensors}
    channels_last = formats.pop() if len(formats) == 1 else None
    storages, dtype = _storages_of(tensors), common_dtype(tensors)
    merged = Tensor(state, trace, grid, False, channels_last, storages, dtype)
    return [*(each for each in values if not isinstance(each, Tensor)), merged]


def common_dtype(tensors: Iterable[Tensor]) -> Dtype:
    """What the numbers of one of several tensors may be, unlike float32 if possible."""
    found = {each.dtype for each in tensors}
    return next((each for each in (Dtype.OTHER, Dtype.WHOLE) if each in found), Dtype.FLOAT)


def _storages_of(tensors: Sequence[Tensor]) -> frozenset[Storage]:
    """Where one of several tensors may lie; nowhere known if that is so of any of them."""
    known = [each.storages for each in tensors]
    return frozenset[Storage]().union(*known) if all(known) else frozenset()


def _merge_tuples(values: list[Value]) -> list[Value]:
    tuples = [each for each in values if isinstance(each, Tuple)]
    if len(tuples) < 2:
        return values
    longest = max(tuples, key=lambda each: len(each.items))
    if len(longest.items) > _LONGEST_JOINED:
        some = join(item for each in tuples for item in each.items[:_MOST_CONSTANTS])
        return [*(each for each in values if not isinstance(each, Tuple)), Tuple((some,), True)]
    columns = [
        join(each.items[i] for each in tuples if i < len(each.items))
        for i in range(len(longest.items))
    ]
    uneven = any(len(each.items) != len(longest.items) for each in tuples)
    names = longest.names if all(each.names == longest.names for each in tuples) else ()
    merged = Tuple(tuple(columns), uneven or any(each.open for each in tuples), names)
    return [*(each for each in values if not isinstance(each, Tuple)), merged]


def _merge_constants(values: list[Value]) -> list[Value]:
    plain = [each for each in values if isinstance(each, Constant) and each.value is not None]
    if len(plain) > _MOST_CONSTANTS:
        rest = [each for each in values if each not in plain and each != NOT_TENSOR]
        return [*rest, NOT_TENSOR]
    return values


def tensors_in(value: Value, depth: int = 3) -> Iterator[Tensor]:
    """All tensors in a value, looking into unions, tuples, lists and dicts."""
    if isinstance(value, Tensor):
        yield value
    elif depth and type(value) in _MAY_HOLD_TENSORS:
        for part in parts_of(value):
            yield from tensors_in(part, depth - 1)


def parts_of(value: Value) -> tuple[Value, ...]:
    """The values directly inside a union or container, or in an object that is one."""
    if isinstance(value, Instance):
        return () if value.data is None else parts_of(value.data)
    if isinstance(value, Union):
        return value.options
    if isinstance(value, Tuple):
        return value.items
    if isinstance(value, List):
        return parts_of(value.slots["items"])
    if isinstance(value, Dict):
        return tuple(value.slots.values())
    return ()


def quantized_in(values: Iterable[Value]) -> Tensor | None:
    """The first tensor among the values that can be quantized, the surest first."""
    unsure: Tensor | None = None
    for value in values:
        if type(value) not in _MAY_HOLD_TENSORS:
            continue
        for tensor in (value,) if isinstance(value, Tensor) else tensors_in(value):
            if tensor.state is State.QUANTIZED:
                return tensor
            if unsure is None and tensor.may_be_quantized:
                unsure = tensor
    return unsure


def common_grid(values: Iterable[Value]) -> object:
    """The grid that all tensors among the values share, None if they do not."""
    grids = {tensor.grid for value in values for tensor in tensors_in(value)}
    return grids.pop() if len(grids) == 1 else None


def is_surely_no_tensor(value: Value) -> bool:
    """Whether the value cannot be a tensor."""
    return all(isinstance(each, (NotTensor, Constant)) for each in options_of(value))


def common_format(values: Iterable[Value]) -> ChannelsLast | None:
    """The memory format that all tensors among some values have."""
    formats = {each.channels_last for value in values for each in tensors_in(value)}
    return formats.pop() if len(formats) == 1 else None
