"""Dataclasses and typed named tuples: their fields, and the functions of ``dataclasses``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.arguments import Arguments
from qlint.flow.containers import new_dict, new_list
from qlint.flow.values import (
    UNKNOWN,
    BoundMethod,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Tuple,
    Value,
    join,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable

    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_FIELD = External("dataclasses.Field")
_DEFAULT, _FACTORY = "<default>", "<factory>"  # no attribute has such names


def py_field(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``dataclasses.field``: what it says of the default."""
    made = Instance(cls=_FIELD)
    for slot, keyword in ((_DEFAULT, "default"), (_FACTORY, "default_factory")):
        if keyword in arguments.kwargs:
            made.slots[slot] = arguments.kwargs[keyword]
    return made


def set_fields(
    interp: Interpreter, instance: Instance, cls: Class, arguments: Arguments, site: Site
) -> None:
    """Do what the ``__init__`` of a dataclass or NamedTuple does with its arguments."""
    fields = _fields(cls)
    only_init = []
    for index, (name, is_init_only) in enumerate(fields.items()):
        given = arguments.get(index, name)
        default = _default(interp, cls.lookup(name), site)
        if given is None and default is not None and arguments.more:
            given = join([default, UNKNOWN])
        value = given or default or UNKNOWN
        if is_init_only:
            only_init.append(value)
        else:
            interp.heap.write(instance, name, value)
    _finish(interp, instance, tuple(only_init), site)


def is_dataclass(cls: Class) -> bool:
    """Whether a class is decorated to be a dataclass."""
    texts = [cls.module.text[each.start : each.end] for each in cls.node.decorators]
    return any("dataclass" in text for text in texts)


def field_names(cls: Class) -> list[str]:
    """The fields of a dataclass that its constructor sets, in their order."""
    return [name for name, is_init_only in _fields(cls).items() if not is_init_only]


def _fields(cls: Class) -> dict[str, bool]:
    """Annotated names, bases first, and whether each is for ``__post_init__`` only."""
    names: dict[str, bool] = {}
    for each in reversed([each for each in cls.mro if isinstance(each, Class)]):
        for statement in each.node.body:
            if isinstance(statement, model.Assign) and statement.annotation is not None:
                target, kind = statement.targets[0], statement.annotation
                text = each.module.text[kind.start : kind.end]
                if isinstance(target, model.Name) and "ClassVar" not in text:
                    names[target.id] = "InitVar" in text
    return names


def _default(interp: Interpreter, value: Value | None, site: Site) -> Value | None:

    if not (isinstance(value, Instance) and value.cls == _FIELD):
        return value
    if _FACTORY in value.slots:
        return interp.call(value.slots[_FACTORY], Arguments(()), site)
    return value.slots.get(_DEFAULT)


def _finish(
    interp: Interpreter, instance: Instance, only_init: tuple[Value, ...], site: Site
) -> None:

    method = instance.cls.lookup("__post_init__") if isinstance(instance.cls, Class) else None
    if isinstance(method, Function):
        interp.call(BoundMethod(method, instance), Arguments(only_init), site)


def py_replace(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``dataclasses.replace``."""
    given = arguments.args[0] if arguments.args else UNKNOWN
    if not isinstance(given, Instance) or not isinstance(given.cls, Class):
        return UNKNOWN
    made = Instance({**given.slots, **arguments.kwargs}, cls=given.cls)
    _finish(interp, made, (), site)
    return made


def py_as_dict(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``dataclasses.asdict``, of nested ones too."""
    given = arguments.args[0] if arguments.args else UNKNOWN
    return _plain(given) if isinstance(given, Instance) else UNKNOWN


def _plain(value: Value) -> Value:
    if isinstance(value, Instance) and isinstance(value.cls, Class):
        fields = _fields(value.cls)
        if fields:
            return new_dict(
                (Constant(name), _plain(value.slots.get(name, UNKNOWN))) for name in fields
            )
    return value


def py_as_tuple(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``dataclasses.astuple``."""
    given = arguments.args[0] if arguments.args else UNKNOWN
    if not isinstance(given, Instance) or not isinstance(given.cls, Class):
        return UNKNOWN
    return Tuple(tuple(given.slots.get(name, UNKNOWN) for name in _fields(given.cls)))


def py_fields(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    """``dataclasses.fields``: what has a ``name``."""
    given = arguments.args[0] if arguments.args else UNKNOWN
    cls = given.cls if isinstance(given, Instance) else given
    if not isinstance(cls, Class):
        return UNKNOWN
    return new_list(Instance({"name": Constant(name)}, cls=_FIELD) for name in _fields(cls))


_METHODS: dict[str, Callable[[Interpreter, Arguments, Site], Value]] = {
    "_replace": py_replace,
    "_asdict": py_as_dict,
}


def named_tuple_method(
    value: Instance, name: str
) -> Callable[[Interpreter, Arguments, Site], Value] | None:
    """The method of that name that an instance has from ``typing.NamedTuple``."""
    is_one = isinstance(value.cls, Class) and "typing.NamedTuple" in value.cls.external_bases
    return _METHODS.get(name) if is_one else None
