"""``match``: whether a pattern fits a value, and what it binds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow import introspection, records
from qlint.flow.containers import items_of, look_up, new_list
from qlint.flow.operators import compare
from qlint.flow.truth import truth
from qlint.flow.values import (
    UNKNOWN,
    Class,
    Constant,
    Dict,
    External,
    NotTensor,
    Union,
    Unknown,
    Value,
    join,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame

Names = dict[str, Value]


def fits(
    interp: Interpreter, pattern: model.Pattern, value: Value, frame: Frame
) -> tuple[bool | None, Names]:
    """Whether a pattern fits (None: perhaps), and the names that it then binds."""
    if isinstance(pattern, model.ValuePattern):
        wanted = interp.evaluate(pattern.value, frame)
        return truth(interp, compare("==", value, wanted)), {}
    if isinstance(pattern, model.CapturePattern):
        return _capture(interp, pattern, value, frame)
    if isinstance(pattern, model.OrPattern):
        return _any(interp, pattern, value, frame)
    if isinstance(value, Union):
        return _all_options(interp, pattern, value, frame)
    if isinstance(pattern, model.SequencePattern):
        return _sequence(interp, pattern, value, frame)
    if isinstance(pattern, model.MappingPattern):
        return _mapping(interp, pattern, value, frame)
    assert isinstance(pattern, model.ClassPattern)
    return _class(interp, pattern, value, frame)


def _capture(
    interp: Interpreter, pattern: model.CapturePattern, value: Value, frame: Frame
) -> tuple[bool | None, Names]:
    fit: bool | None = True
    names: Names = {}
    if pattern.pattern is not None:
        fit, names = fits(interp, pattern.pattern, value, frame)
    if pattern.name is not None:
        names = {**names, pattern.name: value}
    return fit, names


def _any(
    interp: Interpreter, pattern: model.OrPattern, value: Value, frame: Frame
) -> tuple[bool | None, Names]:
    found = [fits(interp, each, value, frame) for each in pattern.options]
    possible = [names for fit, names in found if fit is not False]
    if any(fit is True for fit, _ in found):
        return True, _joined(possible)
    return (None if possible else False), _joined(possible)


def _all_options(
    interp: Interpreter, pattern: model.Pattern, value: Union, frame: Frame
) -> tuple[bool | None, Names]:
    found = [fits(interp, pattern, each, frame) for each in value.options]
    answers = {fit for fit, _ in found}
    names = _joined([names for fit, names in found if fit is not False])
    return (answers.pop() if len(answers) == 1 else None), names


def _sequence(
    interp: Interpreter, pattern: model.SequencePattern, value: Value, frame: Frame
) -> tuple[bool | None, Names]:
    items = items_of(value)
    if items is None:
        nothing = [UNKNOWN for _ in pattern.items]
        _, names = _each(interp, pattern.items, nothing, frame)
        return (None if isinstance(value, (Unknown, NotTensor)) else False), names
    stars = [i for i, each in enumerate(pattern.items) if _is_starred(each)]
    known = list(items.items)
    if items.open:
        anything = join(known) if known else UNKNOWN
        _, names = _each(interp, pattern.items, [anything for _ in pattern.items], frame)
        return None, names
    if stars and len(known) >= len(pattern.items) - 1:
        head, tail = stars[0], len(pattern.items) - stars[0] - 1
        rest = new_list(known[head : len(known) - tail])
        known = [*known[:head], rest, *known[len(known) - tail :]]
    if len(known) != len(pattern.items):
        return False, {}
    return _each(interp, pattern.items, known, frame)


def _is_starred(pattern: model.Pattern) -> bool:
    return isinstance(pattern, model.CapturePattern) and pattern.starred


def _each(
    interp: Interpreter,
    patterns: Sequence[model.Pattern],
    values: Sequence[Value],
    frame: Frame,
) -> tuple[bool | None, Names]:
    found = [fits(interp, *pair, frame) for pair in zip(patterns, values, strict=True)]
    names: Names = {}
    for _, bound in found:
        names.update(bound)
    answers = {fit for fit, _ in found}
    return (False if False in answers else None if None in answers else True), names


def _mapping(
    interp: Interpreter, pattern: model.MappingPattern, value: Value, frame: Frame
) -> tuple[bool | None, Names]:
    rest = {} if pattern.rest is None else {pattern.rest: UNKNOWN}
    if not isinstance(value, Dict):
        _, names = _each(
            interp, [each for _, each in pattern.items], [UNKNOWN] * len(pattern.items), frame
        )
        return (None if isinstance(value, (Unknown, NotTensor)) else False), {**names, **rest}
    fit: bool | None = True
    names = {}
    for key, inner in pattern.items:
        wanted = interp.evaluate(key, frame)
        found = look_up(interp, value, wanted)
        if found is None:
            if not value.open and isinstance(wanted, Constant):
                return False, {}
            found, fit = value.slots.get("?", UNKNOWN), None
        answer, bound = fits(interp, inner, found, frame)
        if answer is False:
            return False, {}
        fit = fit if answer is True else None
        names.update(bound)
    return fit, {**names, **rest}


def _class(
    interp: Interpreter, pattern: model.ClassPattern, value: Value, frame: Frame
) -> tuple[bool | None, Names]:
    cls = interp.evaluate(pattern.cls, frame)
    fit = introspection.is_instance(value, cls)
    builtin = isinstance(cls, External) and cls.name.startswith("builtins.")
    site = interp.site(pattern, frame)
    names_of = _positional_names(cls, len(pattern.positional))
    values = [
        value if builtin else UNKNOWN if name is None else interp.get_attribute(value, name, site)
        for name in names_of
    ]
    values += [interp.get_attribute(value, name, site) for name, _ in pattern.keywords]
    inner = [*pattern.positional, *(each for _, each in pattern.keywords)]
    answer, names = _each(interp, inner, values, frame)
    if False in (fit, answer):
        return False, {}
    return (True if fit is answer is True else None), names


def _positional_names(cls: Value, count: int) -> list[str | None]:
    """The attributes that the positional patterns of a class pattern are held against."""
    listed = cls.lookup("__match_args__") if isinstance(cls, Class) else None
    names: list[str | None] = []
    if listed is not None:
        items = items_of(listed)
        plain = [each.value for each in items.items if isinstance(each, Constant)] if items else []
        names += [str(each) for each in plain]
    elif isinstance(cls, Class) and records.is_dataclass(cls):
        names += records.field_names(cls)
    return [*names, *(None for _ in range(count))][:count]


def _joined(bound: list[Names]) -> Names:
    names: dict[str, list[Value]] = {}
    for each in bound:
        for name, value in each.items():
            names.setdefault(name, []).append(value)
    return {name: join(values) for name, values in names.items()}
