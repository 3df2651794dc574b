"""How much is looked at: steps for each entry point, and for all of them together.

A step is a node of the program that is evaluated or run.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# For one entry point, before calls are cut short.
_MOST = 150_000
# All entry points together get so many steps a line of the program, so that the time grows no
# faster than the code; when they are spent, each still gets a few.
_STEPS_PER_LINE = 45
_LEAST_TOTAL = 1_500_000
# The part of them that is kept for the models, whoever builds them and with how much ado.
_FOR_MODELS = 0.6
_LEAST = 3_000
# For what is called of installed packages.
_ALL_FOR_INSTALLED = 200_000
_MOST_FOR_ONE_CALL = 25_000
_MOST_SHARES = 6


class Budget:
    """Counts the steps of the entry point that runs, and what is left for the others."""

    def __init__(self, lines: int) -> None:
        self.steps = 0
        self._lines = lines
        self._limit = self._ration = _MOST
        self._for_installed = _ALL_FOR_INSTALLED
        self._total = self._reserved = 0
        self.grant()

    def start(self) -> None:
        """Begin a new entry point."""
        self._total -= self.steps
        self.steps = 0
        self._limit = max(min(self._ration, self._total - self._reserved), _LEAST)

    @property
    def exhausted(self) -> bool:
        """Whether this entry point has used up its steps."""
        return self.steps > self._limit

    @property
    def starved(self) -> bool:
        """Whether this entry point has used up its steps, which were fewer than most get."""
        return self.exhausted and self._limit < _MOST

    @property
    def spent(self) -> bool:
        """Whether the steps for what runs now are used up, all entry points together."""
        return self._total <= self._reserved

    def grant(self) -> None:
        """Start counting what the program may take; most of it is kept for its models."""
        self.steps = 0
        self._total = _LEAST_TOTAL + _STEPS_PER_LINE * self._lines
        self._reserved = round(self._total * _FOR_MODELS)

    def release(self) -> None:
        """From here on models run, for which steps were kept."""
        self._reserved = 0
        self._ration = _MOST

    def ration(self, entry_points: int) -> None:
        """Leave something for all of so many entry points: none gets many times its share."""
        share = (self._total - self.steps - self._reserved) // max(entry_points, 1)
        self._ration = min(_MOST, _MOST_SHARES * share)

    def share(self, entry_points: int) -> None:
        """Give the next entry point its share of the steps that are left for so many."""
        left = self._total - self.steps
        self._reserved = left - left // entry_points

    @contextmanager
    def allowance(self) -> Iterator[None]:
        """Run code of installed packages, which has steps of its own: what the program itself does
        is looked at however much it asks of them.
        """  # noqa: D205
        steps, limit = self.steps, self._limit
        self._limit = steps + min(_MOST_FOR_ONE_CALL, self._for_installed)
        try:
            yield
        finally:
            self._for_installed -= self.steps - steps
            self.steps, self._limit = steps, limit
