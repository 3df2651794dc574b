"""What is learnt about places beside what rules hear of: who repairs one has to know."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qlint.flow.containers import items_of
from qlint.flow.layer_attributes import is_left_float
from qlint.flow.modules import descendants
from qlint.flow.values import (
    NONE,
    Class,
    Instance,
    List,
    State,
    Storage,
    Tensor,
    Tuple,
    Value,
    Written,
    join,
    options_of,
    quantized_in,
    tensors_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import CoarseActivation, Operation, Site, UnsupportedOperation
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Exit
    from qlint.flow.values import External, Function
    from qlint.syntax import model

    # The class of the module that runs, and calls.
    Way: TypeAlias = "tuple[Class | External | None, tuple[Site, ...]]"

_WRITTEN = "<written>"  # no attribute has such a name


@dataclass(slots=True)
class Usage:
    """How places of the program are come by.

    ``ways`` are, for each operation, the calls that lead there from the forward pass of a module of
    some class: an operation with several ways may run several times in one pass. ``called``
    are the classes of the modules that are called at a place. ``shared`` are the in-place
    operations whose operand is read under another name afterwards, or may be. ``operands`` are all
    that an operation has been seen to get, in the order in which they are written; none if there
    are not as many each time. ``named`` are, for each call of a module that does not run on int8,
    the places where the class of that module is named. ``on_int8`` and ``on_float`` are the forward
    passes in which a place has got int8 tensors, and nothing but float ones. ``listed`` is where
    the program goes through the modules in an instance of a class, ``early`` the classes whose
    constructors have run a method.

    Of functions, ``inside`` are the classes in whose forward passes something happens at a place,
    ``inputs`` the names of the parameters by which a forward gets int8 tensors, or containers of
    them (with a star in front), ``outputs`` what it returns; ``inner`` are those that get int8
    tensors from the forward of another module.
    """

    operands: dict[Site, tuple[Value, ...]] = field(default_factory=dict)
    ways: dict[Site, set[Way]] = field(default_factory=lambda: defaultdict(set))
    called: dict[Site, set[str]] = field(default_factory=lambda: defaultdict(set))
    shared: set[Site] = field(default_factory=set)
    classes: dict[model.ClassDef, Class] = field(default_factory=dict)
    inside: dict[Site, set[Class]] = field(default_factory=lambda: defaultdict(set))
    inputs: dict[Function, set[str]] = field(default_factory=lambda: defaultdict(set))
    outputs: dict[Function, Value] = field(default_factory=dict)
    inner: set[Function] = field(default_factory=set)
    on_int8: dict[Site, set[int]] = field(default_factory=lambda: defaultdict(set))
    on_float: dict[Site, set[int]] = field(default_factory=lambda: defaultdict(set))
    early: dict[model.Node, set[Class]] = field(default_factory=lambda: defaultdict(set))
    listed: dict[Class, set[Site]] = field(default_factory=lambda: defaultdict(set))
    named: dict[tuple[Site, str], set[Site | None]] = field(
        default_factory=lambda: defaultdict(set)
    )

    def is_mixed(self, site: Site) -> bool:
        """Whether a place gets int8 tensors and float ones by turns, in one forward pass."""
        ints, floats = self.on_int8.get(site), self.on_float.get(site)
        return ints is not None and floats is not None and not ints.isdisjoint(floats)


def note_tensors(interp: Interpreter, site: Site, values: Iterable[Value]) -> None:
    """Note what kind of tensors a place gets, if it gets any."""
    tensors = [each for value in values for each in tensors_in(value)]
    if tensors:
        usage = interp.usage
        floats = all(each.state is State.FLOAT for each in tensors)
        running = interp.running[-1].instance if interp.running else None
        if floats and running is not None and is_left_float(interp, running):
            return  # on purpose: convert leaves what is in it as it is
        (usage.on_float if floats else usage.on_int8)[site].add(interp.epoch)


def note_listing(interp: Interpreter, instance: Instance, site: Site, *, deep: bool) -> None:
    """Note that the children of a module are gone through, or all modules in it."""
    parts: list[Value] = [instance]
    if deep:
        parts += [each for _, each in descendants(instance)]
    for each in parts:
        if isinstance(each, Instance) and isinstance(each.cls, Class):
            interp.usage.listed[each.cls].add(site)


def note_early_run(interp: Interpreter, function: Function, receiver: Value | None) -> None:
    """Note that a method runs before the instance is made, and whose constructors are running."""
    for instance, cls in interp.under_construction:
        if instance is receiver:
            interp.usage.early[function.node].add(cls)


def note_way(interp: Interpreter, site: Site) -> None:
    """Note how the forward pass that runs has come by an operation."""
    module_call = interp.running[-1].site if interp.running else None
    cls = interp.running[-1].instance.cls if interp.running else None
    way: list[Site] = []
    frame = interp.frame
    while frame is not None and frame.called_at is not None and frame.called_at != module_call:
        way.append(frame.called_at)
        frame = frame.caller
    interp.usage.ways[site].add((cls, tuple(way)))
    if interp.forwarding:
        interp.usage.inside[site].add(interp.forwarding[-1])


def note_forward(
    interp: Interpreter, function: Function, arguments: Arguments, result: Value, *, bound: int
) -> None:
    """Note what a forward gets and returns, ``bound`` of its parameters being bound."""
    usage, parameters = interp.usage, function.node.parameters
    names = [each.name for each in parameters.by_position][bound:]
    star = "*" if parameters.star is None else f"*{parameters.star.name}"
    names += [star] * (len(arguments.args) - len(names))
    given = [*zip(names, arguments.args, strict=False), *arguments.kwargs.items()]
    for name, value in given:
        if quantized_in((value,)) is not None:
            plain = all(isinstance(each, Tensor) or each == NONE for each in options_of(value))
            usage.inputs[function].add(name if plain else f"*{name}")
            if interp.forward_depth > 1:
                usage.inner.add(function)
    known = usage.outputs.get(function)
    usage.outputs[function] = result if known is None else join((known, result))


def note_operands(
    interp: Interpreter, operation: Operation | UnsupportedOperation | CoarseActivation
) -> None:
    """Note what an operation gets."""
    known, new = interp.usage.operands.get(operation.site), tuple(map(_frozen, operation.operands))
    if known is not None and len(known) != len(new):
        new = ()
    elif known is not None and known != new:
        new = tuple(_either(*pair) for pair in zip(known, new, strict=True))
    interp.usage.operands[operation.site] = new


def _frozen(value: Value) -> Value:
    """A value as it is now: a list may grow."""
    return (items_of(value) or value) if isinstance(value, List) else value


def _either(first: Value, second: Value) -> Value:
    """One of two values: a tuple item by item, however many there have been."""
    if isinstance(first, Tuple) and isinstance(second, Tuple) and not (first.open or second.open):
        pairs = zip(first.items, second.items, strict=False)
        if len(first.items) == len(second.items):
            return Tuple(tuple(_either(*pair) for pair in pairs))
    return join((first, second))


def own_storage(made: str = "") -> frozenset[Storage]:
    """Where a tensor lies that shares its memory with no other; ``made`` by a layer."""
    return frozenset((Storage(made=made),))


def note_writing(interp: Interpreter, site: Site, target: Value, result: Tensor) -> None:
    """Note that an operation writes into a tensor. Its result is taken to lie in a storage of its
    own, as that of what replaces it will; who reads the old one from now on sees what was written.
    """  # noqa: D205
    (storage,) = result.storages
    targets = options_of(target)
    old = {each for tensor in targets if isinstance(tensor, Tensor) for each in tensor.storages}
    if not all(isinstance(each, Tensor) and each.storages for each in targets):
        interp.usage.shared.add(site)
    # As long as other operations in place are not replaced, this one writes there as well.
    same = frozenset(old).union(*(each.same for each in old))
    for each in same:
        before = each.slots.get(_WRITTEN)
        written = Written(site, storage)
        interp.heap.write(each, _WRITTEN, written if before is None else join((before, written)))
    for each in (storage, *same):
        each.same = same | {storage}
    interp.written_epoch = interp.epoch


def note_reading(interp: Interpreter, value: Value) -> None:
    """Note that a value is read, part of which may lie where something has been written."""
    interp.usage.shared.update(_written_into(value))


def stale_names(interp: Interpreter, names: Mapping[str, Value]) -> dict[str, frozenset[Site]]:
    """The names of tensors that lie where something has been written, and where that was."""
    if interp.written_epoch != interp.epoch:
        return {}
    found = ((name, frozenset(_written_into(value))) for name, value in names.items())
    return {name: sites for name, sites in found if sites}


def note_join(interp: Interpreter, exits: Sequence[Exit]) -> None:
    """Note that the ways out of a branch meet. A name that only some of them have bound to another
    value may be read behind, when it does not say any more that on others it is out of date.
    """  # noqa: D205
    for one in exits:
        for name, sites in one.stale.items():
            if any(other.names.get(name) is not one.names[name] for other in exits):
                interp.usage.shared.update(sites)


def _written_into(value: Value) -> Iterator[Site]:
    """Where something was written into the storage of a tensor, or of one in a container."""
    for tensor in tensors_in(value):
        yield from _writes(tensor)


def _writes(tensor: Tensor) -> Iterator[Site]:
    for storage in tensor.storages:
        written = storage.slots.get(_WRITTEN)
        for each in () if written is None else options_of(written):
            # Of a name that some ways have bound to the result, the others have not written.
            if isinstance(each, Written) and each.result not in tensor.storages:
                yield each.site
