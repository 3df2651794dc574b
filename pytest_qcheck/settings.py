"""Where defaults come from: marker, command line, ini file. Neither torch nor pytest's state."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

ENGINES = ("fbgemm", "onednn", "qnnpack", "x86")
"""Names that `torch.backends.quantized.engine` can have and that run int8 kernels."""

ALL_ENGINES = "all"
MARKER_ARGUMENTS = ("engines", "max_lsb")


class SettingError(ValueError):
    """A setting that cannot be used; its text is one line made for the user."""


@dataclass(frozen=True)
class Settings:
    """What one test asked for; None or empty where nothing was asked.

    Attributes:
        engines: engines for the `qengine` fixture; `("all",)` for every supported one.
        max_lsb: layer-local tolerance of `assert_matches_converted`, in LSB.
    """

    engines: tuple[str, ...] = ()
    max_lsb: float | None = None

    def over(self, other: Settings) -> Settings:
        """These settings, completed by `other` where nothing was asked here."""
        return Settings(
            engines=self.engines or other.engines,
            max_lsb=other.max_lsb if self.max_lsb is None else self.max_lsb,
        )


def parse_engines(value: str | Iterable[object], where: str) -> tuple[str, ...]:
    """Engine names from `"x86,qnnpack"` or a sequence of names, in the given order, no doubles.

    Raises:
        SettingError: for a name that no torch has; `where` says which setting it came from.
    """
    if isinstance(value, str):
        names: list[object] = [name.strip() for name in value.replace(",", " ").split()]
    elif isinstance(value, Iterable):
        names = list(value)
    else:
        raise SettingError(f"{where}: expected engine names, got {value!r}")
    known = (*ENGINES, ALL_ENGINES)
    for name in names:
        if name not in known:
            hint = difflib.get_close_matches(str(name), known, n=1)
            meant = f" (did you mean {hint[0]!r}?)" if hint else ""
            raise SettingError(
                f"{where}: no quantized engine is called {name!r}{meant}; "
                f"choose from {', '.join(known)}"
            )
    return tuple(dict.fromkeys(str(name) for name in names))


def parse_max_lsb(value: object, where: str) -> float:
    """A tolerance in LSB: a finite number that is not negative.

    Raises:
        SettingError: for anything else; `where` says which setting it came from.
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise SettingError(f"{where}: expected a number of LSB that is 0 or more, got {value!r}")
    return number


def from_markers(
    markers: Sequence[tuple[tuple[object, ...], Mapping[str, object]]], where: str
) -> Settings:
    """Settings from `@pytest.mark.qcheck(...)` arguments, the closest marker first.

    Raises:
        SettingError: for positional arguments, unknown names and unusable values.
    """
    settings = Settings()
    for args, kwargs in markers:
        marker = f"{where}: @pytest.mark.qcheck"
        if args:
            raise SettingError(
                f"{marker} takes keyword arguments only ({', '.join(MARKER_ARGUMENTS)}), "
                f"got {args[0]!r}"
            )
        for name in kwargs:
            if name not in MARKER_ARGUMENTS:
                hint = difflib.get_close_matches(name, MARKER_ARGUMENTS, n=1)
                meant = f" (did you mean {hint[0]!r}?)" if hint else ""
                raise SettingError(
                    f"{marker} has no argument {name!r}{meant}; "
                    f"it takes {', '.join(MARKER_ARGUMENTS)}"
                )
        settings = settings.over(_one_marker(kwargs, marker))
    return settings


def _one_marker(kwargs: Mapping[str, object], marker: str) -> Settings:
    engines: tuple[str, ...] = ()
    max_lsb = None
    if "engines" in kwargs:
        engines = parse_engines(kwargs["engines"], f"{marker}(engines=...)")  # type: ignore[arg-type]
        if not engines:
            raise SettingError(f"{marker}(engines=...) names no engine")
    if "max_lsb" in kwargs:
        max_lsb = parse_max_lsb(kwargs["max_lsb"], f"{marker}(max_lsb=...)")
    return Settings(engines, max_lsb)
