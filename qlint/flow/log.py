"""The log of what was seen, each place once; what one entry point saw can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from qlint.flow.events import (
    CoarseActivation,
    FloatInput,
    ModuleCall,
    Operation,
    QuantizedOutput,
    Sighting,
    UnsupportedModule,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qlint.flow.events import FlowEvent, Site
    from qlint.flow.values import Class

_Key: TypeAlias = "tuple[type[FlowEvent], Path, int, int, object, object, object]"
_Noted: TypeAlias = "tuple[FlowEvent, tuple[Class, ...], Site | None]"


@dataclass(slots=True)
class _Seen:
    """An event by its shortest way, and all ways to it: the classes whose forward passes led there,
    outermost first.
    """  # noqa: D205

    event: FlowEvent
    way: tuple[Class, ...]
    ways: dict[tuple[Class, ...], None]


class Log:
    """Events by place and kind, each with the module classes whose forward passes led there."""

    def __init__(self) -> None:
        self._kept: dict[tuple[_Key, Site | None], _Seen] = {}
        self._pending: list[_Noted] = []

    def add(self, event: FlowEvent, forwarding: Sequence[Class], call: Site | None = None) -> None:
        """Note an event that the entry point at hand came by, and the call that led there if it is
        in an installed package.
        """  # noqa: D205
        self._pending.append((event, tuple(forwarding), call))

    @property
    def pending(self) -> int:
        """How many events the entry point at hand has come by so far."""
        return len(self._pending)

    def failed_since(self, mark: int) -> bool:
        """Whether what fails, or goes wrong, has come since ``pending`` was so much."""
        runs = (ModuleCall, CoarseActivation)
        return any(not isinstance(event, runs) for event, _, _ in self._pending[mark:])

    def take_back(self) -> None:
        """Forget what the entry point at hand saw."""
        self._pending.clear()

    def keep(self) -> None:
        """Keep what the entry point at hand saw.

        Many models come by the same place; the shortest way there explains it best.
        """
        for event, way, call in self._pending:
            seen = self._kept.setdefault((_key(event), call), _Seen(event, way, {}))
            seen.ways[way] = None
            if _length(event) < _length(seen.event):
                seen.event, seen.way = event, way
        self._pending.clear()

    def outside(self, graphs: set[object], prepared: set[object]) -> list[Sighting]:
        """The events to which some way leads that is not through a class quantized as a graph.

        What is part of a ``prepared`` model is quantized with that, whatever else is done to it;
        and so is what gets tensors that the model around it has made int8.
        """
        sightings = []
        graphs = graphs - prepared
        for (_, call), seen in self._kept.items():
            trace = seen.event.tensor.trace
            eager = prepared if trace is None else {*prepared, trace.first.within}
            if all(_is_in_graph(way, graphs, eager) for way in seen.ways):
                continue
            models = dict.fromkeys(way[0].name for way in (seen.way, *seen.ways) if way)
            sightings.append(Sighting(seen.event, tuple(models), call))
        return sightings


def _is_in_graph(way: tuple[Class, ...], graphs: set[object], eager: set[object]) -> bool:
    """Whether a way leads through a class quantized as a graph before any quantized eagerly."""
    outermost = next((each for each in way if each in graphs or each in eager), None)
    return outermost in graphs


def _key(event: FlowEvent) -> _Key:
    site = event.site
    place = (type(event), site.module.path, site.start, site.end)
    if isinstance(event, ModuleCall):
        return (*place, event.callee, event.cls, None)
    if isinstance(event, UnsupportedModule):
        return (*place, event.callee, event.base, event.cls)
    if isinstance(event, CoarseActivation):
        return (*place, event.name, event.spelled, None)
    if isinstance(event, (FloatInput, QuantizedOutput)):
        return (*place, None, None, None)
    if not isinstance(event, Operation):
        return (*place, event.name, event.outcome, None)
    return (*place, event.op, event.with_scalar, event.common_grid is None)


def _length(event: FlowEvent) -> int:
    return 0 if event.tensor.trace is None else event.tensor.trace.length
