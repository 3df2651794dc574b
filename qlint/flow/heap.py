"""Writes to objects, so that they can be taken back and joined after a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from qlint.flow.values import Calls, HeapObject, Instance, Unsure, Value, births, join

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNSURE = "<unsure>"  # the slot that names the unsure slots; no attribute has such a name

# What a branch wrote: by object and slot, the value at its end.
Changes: TypeAlias = "dict[tuple[int, str], tuple[HeapObject, str, Value]]"


class Heap:
    """All slots of all objects change through here."""

    def __init__(self) -> None:
        self._journal: list[tuple[HeapObject, str, Value | None]] = []
        # How many branches are run, one in the other.
        self.depth = 0
        # The number of births when each branch began.
        self._begun: list[int] = []
        self.conditions = 0
        # How often something was stored.
        self.stored = 0

    def write(self, target: HeapObject, slot: str, value: Value) -> None:
        """Set a slot."""
        self.stored += 1
        if self.depth:
            self._journal.append((target, slot, target.slots.get(slot)))
        target.slots[slot] = value
        if slot in unsure_slots(target):
            self.write(target, _UNSURE, Unsure(unsure_slots(target) - {slot}))

    def delete(self, target: HeapObject, slot: str) -> None:
        """Remove a slot if it is there."""
        if slot in target.slots:
            self.stored += 1
            if self.depth:
                self._journal.append((target, slot, target.slots[slot]))
            del target.slots[slot]

    def settle(self) -> None:
        """Leave all branches, also after an error in one."""
        self._journal.clear()
        self._begun.clear()
        self.depth = self.conditions = 0

    def begin(self) -> int:
        """Enter a branch; what is written from here on can be taken back."""
        self.depth += 1
        self._begun.append(births())
        return len(self._journal)

    def rollback(self, mark: int) -> Changes:
        """Leave a branch: take back what it wrote and return that.

        What it wrote to objects of its own stays: on other ways there are none.
        """
        changes: Changes = {}
        begun = self._begun.pop()
        written = [each for each in self._journal[mark:] if each[0].born < begun]
        for target, slot, _ in written:
            value = target.slots.get(slot)
            if value is not None:
                changes[id(target), slot] = (target, slot, value)
        for target, slot, old in reversed(written):
            if old is None:
                target.slots.pop(slot, None)
            else:
                target.slots[slot] = old
        del self._journal[mark:]
        self.depth -= 1
        return changes

    def join(self, branches: Iterable[Changes], *, exhaustive: bool) -> None:
        """Make the present state cover what each branch wrote.

        ``exhaustive`` says that one of the branches was taken: a slot that all of them wrote
        loses its old value.
        """
        branches = list(branches)
        keys = dict.fromkeys(key for branch in branches for key in branch)
        for key in keys:
            written = [branch[key] for branch in branches if key in branch]
            target, slot, _ = written[0]
            values = [value for _, _, value in written]
            old = target.slots.get(slot)
            everywhere = exhaustive and len(written) == len(branches)
            if old is not None and not everywhere:
                values.insert(0, old)
            calls = [value for value in values if isinstance(value, Calls)]
            if calls:
                self.write(target, slot, self._join_calls(calls, old, everywhere=everywhere))
            elif slot == _UNSURE:
                self._add_unsure(
                    target, *(each.slots for each in values if isinstance(each, Unsure))
                )
            else:
                unsure = old is None or slot in unsure_slots(target)
                self.write(target, slot, join(values))
                if unsure and not everywhere and isinstance(target, Instance):
                    self._add_unsure(target, {slot})

    def _add_unsure(self, target: HeapObject, *slots: Iterable[str]) -> None:
        self.write(target, _UNSURE, Unsure(unsure_slots(target).union(*slots)))

    def _join_calls(self, calls: list[Calls], old: Value | None, *, everywhere: bool) -> Calls:
        epoch = max(each.epoch for each in calls)
        called_before = isinstance(old, Calls) and old.epoch == epoch
        calls = [each for each in calls if each.epoch == epoch]
        known = dict.fromkeys(call for each in calls for call in each.calls)
        unsure = [each.unsure_below for each in calls if each.unsure_below is not None]
        if (everywhere or called_before) and not unsure:
            return Calls(epoch, tuple(known))
        return Calls(epoch, tuple(known), max([*unsure, self.conditions]))


def unsure_slots(target: HeapObject) -> frozenset[str]:
    """The slots that only some of the ways here have set."""
    unsure = target.slots.get(_UNSURE)
    return unsure.slots if isinstance(unsure, Unsure) else frozenset()
