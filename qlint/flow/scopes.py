"""Where names live while code is interpreted."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.events import Site
    from qlint.flow.heap import Changes
    from qlint.flow.values import Class, Function, Value
    from qlint.program.project import Module
    from qlint.syntax import model


@dataclass(slots=True, eq=False)
class Namespace:
    """The global names of a module."""

    module: Module
    names: dict[str, Value] = field(default_factory=dict)
    star_imports: list[Value] = field(default_factory=list)
    complete: bool = False


class Outcome(Enum):
    """How a block ends."""

    FALLS_THROUGH = 1
    RETURNS = 2
    RAISES = 3
    BREAKS = 4
    CONTINUES = 5


@dataclass(slots=True, eq=False)
class Exit:
    """A way out of a block that leaves later statements behind.

    Names of tensors that have been written into under another name are ``stale``.
    """

    names: dict[str, Value]
    changes: Changes
    stale: dict[str, frozenset[Site]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Frame:
    """One activation: of a function, a class body, a comprehension or a module's top level."""

    namespace: Namespace
    names: dict[str, Value]
    parent: Frame | None = None
    function: Function | None = None
    receiver: Value | None = None
    owner: Class | None = None
    statement: model.Statement | None = None
    declared_global: set[str] = field(default_factory=set)
    declared_nonlocal: set[str] = field(default_factory=set)
    returned: list[Value] = field(default_factory=list)
    yielded: list[Value] = field(default_factory=list)
    # Whether a generator may yield other values than those, or not all of them.
    yields_more: bool = False
    # In how many branches it was called, and whether some way has left it, or a loop, already.
    depth: int = 0
    left: bool = False
    breaks: list[Exit] = field(default_factory=list)
    continues: list[Exit] = field(default_factory=list)
    returns: list[Exit] = field(default_factory=list)
    is_class_body: bool = False
    is_top_level: bool = False
    forward_of: Value | None = None
    # What is done where a context manager yields.
    at_yield: Callable[[Value], None] | None = None
    # Who called it: the frame, where there, and which of the calls at that place it is.
    caller: Frame | None = None
    called_at: Site | None = None
    number: int = 0
    made: dict[int, int] | None = None
    # The number of the way to it, once something has asked.
    way: int = 0

    def count_call(self, offset: int) -> int:
        """Which of the calls at a place of this activation is made now."""
        if self.made is None:
            self.made = {}
        count = self.made[offset] = self.made.get(offset, 0) + 1
        return count

    def hold(self, names: dict[str, Value]) -> None:
        """Replace all names. Those of a file's top level are the globals that functions see."""
        self.names = names
        if self.is_top_level:
            self.namespace.names = names

    def leave(self, outcome: Outcome, here: Exit, passed: list[Exit]) -> None:
        """Keep the state in which a branch ends for where it goes on, ``passed`` being that behind
        all branches.
        """  # noqa: D205
        if outcome is Outcome.FALLS_THROUGH:
            passed.append(here)
        elif outcome is Outcome.RETURNS:
            self.returns.append(here)
        elif outcome is Outcome.BREAKS:
            self.breaks.append(here)
        elif outcome is Outcome.CONTINUES:
            self.continues.append(here)

    @property
    def module(self) -> Module:
        """The file this code stands in."""
        return self.namespace.module
