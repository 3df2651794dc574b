"""The arguments of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qlint.flow.scopes import Frame
    from qlint.flow.values import Value


@dataclass(slots=True)
class Arguments:
    """The arguments of a call.

    ``more`` says that there may be others (``*args`` of unknown length): a parameter that gets
    none of the known ones may then have its default or anything. ``spelled`` is the source of
    what is called, ``frame`` the caller's; ``definite`` says that nothing else can be called here.
    """

    args: tuple[Value, ...]
    kwargs: dict[str, Value] = field(default_factory=dict)
    more: bool = False
    spelled: str = ""
    frame: Frame | None = None
    definite: bool = True

    def values(self) -> tuple[Value, ...]:
        """All argument values."""
        return (*self.args, *self.kwargs.values())

    def get(self, index: int, name: str) -> Value | None:
        """The argument at a position or under a keyword."""
        return self.args[index] if index < len(self.args) else self.kwargs.get(name)

    def with_first(self, first: Value) -> Arguments:
        """The same arguments behind another."""
        return Arguments((first, *self.args), self.kwargs, self.more, self.spelled, self.frame)

    def without_first(self) -> Arguments:
        """The same arguments but the first."""
        return Arguments(self.args[1:], self.kwargs, self.more, self.spelled, self.frame)
