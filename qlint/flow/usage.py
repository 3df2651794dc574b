"""What is learnt about places beside what rules hear of: who repairs one has to know."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qlint.flow.containers import items_of
from qlint.flow.values import Storage, Tensor, Value, Written, join, options_of

if TYPE_CHECKING:
    from qlint.flow.events import Operation, Site
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.values import Class
    from qlint.syntax import model

_WRITTEN = "<written>"  # no attribute has such a name


@dataclass(slots=True)
class Usage:
    """How places of the program are come by.

    ``ways`` are, for each operation, the calls that lead there from the forward pass of the module
    whose code it is: an operation with several ways may run several times in one pass. ``called``
    are the classes of the modules that are called at a place. ``shared`` are the in-place
    operations whose operand is read under another name afterwards, or may be. ``operands`` are all
    that an operation has been seen to get, in the order in which they are written; none if there
    are not as many each time.
    """

    operands: dict[Site, tuple[Value, ...]] = field(default_factory=dict)
    ways: dict[Site, set[tuple[Site, ...]]] = field(default_factory=lambda: defaultdict(set))
    called: dict[Site, set[str]] = field(default_factory=lambda: defaultdict(set))
    shared: set[Site] = field(default_factory=set)
    classes: dict[model.ClassDef, Class] = field(default_factory=dict)


def note_way(interp: Interpreter, site: Site) -> None:
    """Note how the forward pass that runs has come by an operation."""
    module_call = interp.running[-1].site if interp.running else None
    way: list[Site] = []
    frame = interp.frame
    while frame is not None and frame.called_at is not None and frame.called_at != module_call:
        way.append(frame.called_at)
        frame = frame.caller
    interp.usage.ways[site].add(tuple(way))


def note_operands(interp: Interpreter, operation: Operation) -> None:
    """Note what an operation gets."""
    known, new = interp.usage.operands.get(operation.site), operation.operands
    if known is not None and len(known) != len(new):
        new = ()
    elif known is not None:
        new = tuple(join(pair) for pair in zip(known, new, strict=True))
    interp.usage.operands[operation.site] = new


def fresh(tensor: Tensor) -> Tensor:
    """A tensor in memory of its own."""
    return replace(tensor, storages=frozenset((Storage(),)))


def note_writing(interp: Interpreter, site: Site, target: Value, result: Tensor) -> Tensor:
    """The result of an operation that writes into a tensor, as what replaces it would be: in memory
    of its own. Who reads the old one from now on sees what was written.
    """  # noqa: D205
    storage = Storage()
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
    return replace(result, storages=frozenset((storage,)))


def note_reading(interp: Interpreter, value: Value) -> None:
    """Note that a value is read, part of which may lie where something has been written."""
    for each in options_of(value):
        if isinstance(each, Tensor):
            _check(interp, each)
        else:
            items = items_of(each)
            for item in () if items is None else items.items:
                if isinstance(item, Tensor):
                    _check(interp, item)


def _check(interp: Interpreter, tensor: Tensor) -> None:
    for storage in tensor.storages:
        written = storage.slots.get(_WRITTEN)
        for each in () if written is None else options_of(written):
            # Of a name that some ways have bound to the result, the others have not written.
            if isinstance(each, Written) and each.result not in tensor.storages:
                interp.usage.shared.add(each.site)
