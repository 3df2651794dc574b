"""Which modules convert finds: those that are registered, under the name that they have first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qlint.flow.modules import around, is_module, modules_in
from qlint.flow.values import Class, Dict, ExternalMethod, Instance, List, Partial, Tuple, Value
from qlint.semantics import modules as known
from qlint.semantics.names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


def note_reading(interp: Interpreter, owner: Instance, name: str, value: Value) -> None:
    """Note how a forward pass has come by modules: what convert swaps is in one place only.

    The second name of a layer, and a plain list that layers were put into, still have the layer
    that was there before.
    """
    # A function that is kept as an attribute is not copied by prepare: the module that it knows
    # from where it was made is the one that is not converted.
    captured = any(each is owner for each in interp.captured)
    if isinstance(value, Instance):
        if is_module(owner) and _first_name(owner, value) == name and not captured:
            interp.kept_aside.discard(id(value))
        elif is_module(value):
            interp.kept_aside.add(id(value))
            if captured:
                interp.originals.add(id(value))
    _note_bound(interp, value)
    if isinstance(value, (List, Tuple)) or (isinstance(value, Dict) and value.owner is None):
        interp.plain_containers.add(id(value))


def _note_bound(interp: Interpreter, value: Value) -> None:
    """Note the modules whose methods were bound before convert puts others in their place."""
    if isinstance(value, Partial):
        value = value.function
    if isinstance(value, ExternalMethod) and isinstance(value.receiver, Instance):
        interp.kept_aside.add(id(value.receiver))


def note_taken(interp: Interpreter, container: Value, taken: Iterable[Value]) -> None:
    """Note what has been taken out of a container: one of modules, or a plain one."""
    note_counted(interp, container)
    if not interp.forward_depth:
        return
    if isinstance(container, Dict) and isinstance(container.owner, Instance):  # `self._modules`
        container = container.owner
    if isinstance(container, Instance):
        aside = not _is_found(interp, container)
        if not aside and not interp.kept_aside:
            return
    elif id(container) in interp.plain_containers:
        aside = True
    else:
        return
    taken = tuple(taken)
    for value in taken:
        _note_bound(interp, value)
    modules = [id(each) for value in taken for each in modules_in(value)]
    if aside:
        interp.kept_aside.update(modules)
    else:
        interp.kept_aside.difference_update(modules)


def note_counted(interp: Interpreter, container: Value) -> None:
    """Note that it matters how many modules a container has, and not only to its own code."""
    if not isinstance(container, Instance) or not isinstance(container.cls, Class):
        return
    frame = interp.frame
    function = None if frame is None else frame.function
    own = function is not None and function.owner in container.cls.mro
    if own or frame is None or frame.statement is None:
        return
    if not known.CONTAINERS.isdisjoint(map(canonical, container.cls.external_bases)):
        interp.usage.listed[container.cls].add(interp.site(frame.statement, frame))


def _first_name(owner: Instance, value: Instance) -> str | None:
    return next((slot for slot, each in owner.slots.items() if each is value), None)


@dataclass(frozen=True, slots=True)
class Running:
    """A call of a module whose forward pass has not ended; ``hands_on`` if it calls its parts."""

    instance: Instance
    arguments: Arguments
    site: Site
    hands_on: bool = False


def lost_at(interp: Interpreter, call: Running) -> Running | None:
    """The call of what convert does not find: of the module itself, or of one that it is part of,
    the outermost; None if convert finds the module.
    """  # noqa: D205
    instance = call.instance
    if not interp.forwarding:
        return None
    if id(instance) in interp.kept_aside or not instance.owners:
        return call
    if _is_found(interp, instance):
        return next(
            (each for each in interp.running if id(each.instance) in interp.originals), None
        )
    return next((each for each in interp.running if not _is_found(interp, each.instance)), call)


def _is_found(interp: Interpreter, instance: Instance) -> bool:
    """Whether a module is, or is part of, the one whose forward pass this is, or a prepared one."""
    if not interp.running:
        return True
    models = (interp.running[0].instance, *(each.instance for each in interp.prepared))
    return not {id(each) for each in models}.isdisjoint(map(id, around(instance)))
