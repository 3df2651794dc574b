"""Plugins: other distributions that announce themselves in the entry point group ``qlint``."""

from __future__ import annotations

import functools
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from qlint.errors import UserError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    import pluggy

    from qlint.rules.base import Rule


@functools.cache
def manager() -> pluggy.PluginManager | None:
    """Load the installed plugins; None if there is not a single one.

    Raises:
        UserError: A plugin cannot be loaded, or implements a hook that does not exist.
    """
    found = sorted(entry_points(group="qlint"), key=lambda entry: (entry.name, entry.value))
    if not found:
        return None
    import pluggy

    from qlint import hookspecs

    plugins = pluggy.PluginManager("qlint")
    plugins.add_hookspecs(hookspecs)
    for entry in found:
        _register(entry, plugins)
    return plugins


def plugin_rules() -> list[type[Rule]]:
    """The rule classes that plugins add.

    Raises:
        UserError: A plugin cannot be loaded, or its hook fails.
    """
    plugins = manager()
    if plugins is None:
        return []
    try:
        return [rule for rules in plugins.hook.qlint_rules() for rule in rules]
    except Exception as error:
        raise UserError(f"the hook `qlint_rules` of a plugin failed: {_text(error)}") from error


def _register(entry: EntryPoint, plugins: pluggy.PluginManager) -> None:
    try:
        plugins.register(entry.load(), name=f"{entry.name}={entry.value}")
        plugins.check_pending()
    except Exception as error:
        raise _broken(entry, error) from error


def _broken(entry: EntryPoint, error: Exception) -> UserError:
    owner = f" of {entry.dist.name}" if entry.dist else ""
    return UserError(
        f"the qlint plugin `{entry.name}`{owner} cannot be loaded ({_text(error)}); "
        "repair or uninstall it"
    )


def _text(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
