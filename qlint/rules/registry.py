"""All rules there are, and how a user's words for them are understood."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import qlint.rules
from qlint.errors import UserError, did_you_mean
from qlint.plugins import plugin_rules
from qlint.rules.base import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Rules = Mapping[str, type[Rule]]

_NOT_FAMILIES = frozenset({"base", "registry"})
_CODE = re.compile(r"[A-Z]{2,}[0-9]{3,}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@functools.cache
def all_rules() -> Rules:
    """Every rule by its code, in the order of the codes: our own and those of plugins.

    Raises:
        UserError: A plugin cannot be loaded, or two rules have the same code or name.
    """
    return collect([*_own_rules(), *plugin_rules()])


def collect(classes: Iterable[type[Rule]]) -> Rules:
    """Order rules by code.

    Raises:
        UserError: One is not a rule, or two have the same code or name.
    """
    rules: dict[str, type[Rule]] = {}
    names: dict[str, type[Rule]] = {}
    for rule in classes:
        _require_identity(rule)
        for known, key in ((rules, rule.code), (names, rule.name)):
            if known.setdefault(key, rule) is not rule:
                raise UserError(
                    f"two rules are called `{key}`: {_where(known[key])} and {_where(rule)}; "
                    "one of them must change, or the plugin that adds it be uninstalled"
                )
    return MappingProxyType(dict(sorted(rules.items())))


def find(text: str, rules: Rules) -> type[Rule]:
    """The rule with this code (in any case) or name.

    Raises:
        UserError: There is none.
    """
    if (code := text.upper()) in rules:
        return rules[code]
    for rule in rules.values():
        if rule.name == text.lower():
            return rule
    names = (rule.name for rule in rules.values())
    hint = did_you_mean(text, [*rules, *names])
    raise UserError(f"unknown rule `{text}`{hint or '; --list-rules shows all of them'}")


def selector(text: str, rules: Rules) -> str:
    """What the user's word selects: ``ALL``, a code, or the beginning of codes.

    Raises:
        UserError: It selects nothing.
    """
    word = text.strip().upper()
    if word == "ALL" or any(selects(word, code) for code in rules):
        return word
    return find(text.strip(), rules).code


def selects(selector: str, code: str) -> bool:
    """Whether a selector (``ALL``, ``QL``, ``QL1``, ``QL101``) means this code.

    The letters must be complete: ``Q`` belongs to other linters.
    """
    if selector == "ALL" or selector == code:
        return True
    return selector != "" and code.startswith(selector) and code[len(selector) :].isdigit()


def _own_rules() -> Iterator[type[Rule]]:
    for module_info in pkgutil.iter_modules(qlint.rules.__path__):
        if module_info.name in _NOT_FAMILIES:
            continue
        module = importlib.import_module(f"qlint.rules.{module_info.name}")
        for value in vars(module).values():
            # A family may have base classes of its own; only what has a code is a rule.
            if isinstance(value, type) and issubclass(value, Rule) and hasattr(value, "code"):
                yield value


def _require_identity(rule: type[Rule]) -> None:
    if not (isinstance(rule, type) and issubclass(rule, Rule)):
        raise UserError(f"a plugin hands in {rule!r}, which is not a subclass of qlint's `Rule`")
    for attribute, pattern in (("code", _CODE), ("name", _NAME)):
        value = getattr(rule, attribute, None)
        if not (isinstance(value, str) and pattern.fullmatch(value)):
            raise UserError(
                f"the rule {_where(rule)} needs a `{attribute}` of the form "
                f"{'QL101' if attribute == 'code' else 'raw-add'}, not {value!r}"
            )
    if not isinstance(getattr(rule, "summary", None), str):
        raise UserError(f"the rule {_where(rule)} needs a `summary`")


def _where(rule: type[Rule]) -> str:
    return f"{rule.__module__}.{rule.__qualname__}"
