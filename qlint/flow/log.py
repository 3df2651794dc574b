"""The log of what was seen, each place once; what one entry point saw can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from qlint.flow.events import ModuleCall, Operation, UnsupportedModule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qlint.flow.events import Event

_Key: TypeAlias = "tuple[type[Event], Path, int, int, object, object, object]"


class Log:
    """Events by place and kind, each with the module classes whose forward passes led there."""

    def __init__(self) -> None:
        self._kept: dict[_Key, Event] = {}
        self._inside: dict[_Key, set[frozenset[object]]] = {}
        self._pending: list[tuple[Event, frozenset[object]]] = []

    def add(self, event: Event, forwarding: Sequence[object]) -> None:
        """Note an event that the entry point at hand came by."""
        self._pending.append((event, frozenset(forwarding)))

    @property
    def pending(self) -> int:
        """How many events the entry point at hand has come by so far."""
        return len(self._pending)

    def take_back(self) -> None:
        """Forget what the entry point at hand saw."""
        self._pending.clear()

    def keep(self) -> None:
        """Keep what the entry point at hand saw.

        Many models come by the same place; the shortest way there explains it best.
        """
        for event, inside in self._pending:
            key = _key(event)
            self._inside.setdefault(key, set()).add(inside)
            known = self._kept.get(key)
            if known is None or _length(event) < _length(known):
                self._kept[key] = event
        self._pending.clear()

    def outside(self, classes: set[object]) -> list[Event]:
        """The events to which some way leads that is not through one of these classes."""
        return [
            event
            for key, event in self._kept.items()
            if not all(inside & classes for inside in self._inside[key])
        ]


def _key(event: Event) -> _Key:
    site = event.site
    place = (type(event), site.module.path, site.start, site.end)
    if isinstance(event, ModuleCall):
        return (*place, event.callee, event.cls, None)
    if isinstance(event, UnsupportedModule):
        return (*place, event.callee, event.base, event.cls)
    if not isinstance(event, Operation):
        return (*place, event.name, event.outcome, None)
    return (*place, event.op, event.with_scalar, event.common_grid is None)


def _length(event: Event) -> int:
    return 0 if event.tensor.trace is None else event.tensor.trace.length
