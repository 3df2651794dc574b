"""Classes and decorated functions: defining them, their MRO, ``super()``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import enums
from qlint.flow.arguments import Arguments
from qlint.flow.containers import new_dict
from qlint.flow.scopes import Frame
from qlint.flow.values import (
    UNKNOWN,
    BoundMethod,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Partial,
    Super,
    Tuple,
    Union,
    Unknown,
    Value,
    options_of,
)
from qlint.semantics.names import canonical
from qlint.syntax import model

if TYPE_CHECKING:
    from qlint.flow.interpreter import Interpreter

_PROPERTIES = frozenset({"property", "cached_property", "builtins.property"})
_CONTEXTS = frozenset({"contextmanager", "asynccontextmanager"})
_ACCESSORS = frozenset({"getter", "setter", "deleter"})


def define(interp: Interpreter, node: model.ClassDef, frame: Frame) -> Value:
    """Run a class statement."""
    bases = tuple(
        _as_base(interp, interp.evaluate(each.value, frame))
        for each in node.bases
        if each.keyword is None and not each.stars
    )
    metaclass = _metaclass(interp, node, bases, frame)
    cls = Class(node.name, frame.module, node, bases, {}, metaclass=metaclass)
    cls.inherit(_linearize(cls))
    interp.usage.classes[node] = cls
    for base in bases:
        if isinstance(base, Class):
            base.subclasses.append(cls)
    body = Frame(frame.namespace, cls.namespace, parent=frame, owner=cls, is_class_body=True)
    interp.execute(node.body, body)
    if body.names is not cls.namespace:  # a branch in the body made a new dict
        cls.namespace.update(body.names)
    _choose_methods(cls)
    if enums.is_enum(cls):
        enums.make_members(cls)
    _tell_base(interp, cls, node, frame)
    _tell_metaclass(interp, cls, node, frame)
    result: Value = cls
    for decorator in reversed(node.decorators):
        value = _apply(interp, interp.evaluate(decorator, frame), result, decorator, frame)
        result = value if isinstance(value, Class) else result
    return result


def _choose_methods(cls: Class) -> None:
    """Where a branch of the body defines a method, and another one gets something outside: that.

    ``try: from fast import forward`` and ``except ImportError: def forward(self, x): ...``.
    """
    for name, value in cls.namespace.items():
        if isinstance(value, Union):
            known = [each for each in value.options if isinstance(each, Function)]
            outside = all(isinstance(each, (External, Function, Unknown)) for each in value.options)
            if len(known) == 1 and outside:
                cls.namespace[name] = known[0]


def _tell_base(interp: Interpreter, cls: Class, node: model.ClassDef, frame: Frame) -> None:
    """Call the ``__init_subclass__`` of a base; registries are filled that way, too."""
    hook = cls.lookup("__init_subclass__", after=cls)
    if isinstance(hook, Function):
        kwargs = _keywords(interp, node, frame)
        interp.call(hook, Arguments((cls,), kwargs), interp.site(node, frame))


def _keywords(interp: Interpreter, node: model.ClassDef, frame: Frame) -> dict[str, Value]:
    return {
        each.keyword: interp.evaluate(each.value, frame)
        for each in node.bases
        if each.keyword is not None and each.keyword != "metaclass"
    }


def _tell_metaclass(interp: Interpreter, cls: Class, node: model.ClassDef, frame: Frame) -> None:
    """Call the ``__new__`` and ``__init__`` of a metaclass, which may keep the class somewhere."""
    if cls.metaclass is None:
        return
    names = new_dict((Constant(name), value) for name, value in cls.namespace.items())
    given = (Constant(cls.name), Tuple(cls.bases), names)
    for method, first in (("__new__", cls.metaclass), ("__init__", cls)):
        function = cls.metaclass.lookup(method)
        if isinstance(function, Function):
            interp.being_defined.append(cls)
            arguments = Arguments((first, *given), _keywords(interp, node, frame))
            interp.call(function, arguments, interp.site(node, frame))
            interp.being_defined.pop()


def _metaclass(
    interp: Interpreter, node: model.ClassDef, bases: tuple[Value, ...], frame: Frame
) -> Class | None:
    for each in node.bases:
        if each.keyword == "metaclass":
            found = interp.evaluate(each.value, frame)
            return found if isinstance(found, Class) else None
    inherited = [each.metaclass for each in bases if isinstance(each, Class)]
    return next((each for each in inherited if each is not None), None)


def _apply(
    interp: Interpreter,
    decorator: Value,
    decorated: Value,
    node: model.Expression,
    frame: Frame,
) -> Value:
    """Call a decorator of the program; registries are filled that way."""
    makes_object = isinstance(decorator, Class) and isinstance(decorated, Function)
    is_object = isinstance(decorator, Instance) and isinstance(decorator.cls, Class)
    called = decorator.function if isinstance(decorator, Partial) else decorator
    if not (isinstance(called, (Function, BoundMethod)) or makes_object or is_object):
        return decorated
    return interp.call(decorator, Arguments((decorated,)), interp.site(node, frame))


def _as_base(interp: Interpreter, value: Value) -> Value:
    for option in options_of(value):
        if isinstance(option, Class):
            return option
        if isinstance(option, External):
            installed = interp.installed(option.name)
            if isinstance(installed, Class):
                return installed
            interp.project.note_missing(option.name)
            return External(canonical(option.name))
    return UNKNOWN


def _linearize(cls: Class) -> list[Class | External]:
    """C3, as Python does it; bases that do not fit together are taken depth first."""
    parents = [each for each in cls.bases if isinstance(each, (Class, External))]
    chains = [list(each.mro) if isinstance(each, Class) else [each] for each in parents]
    chains.append(list(parents))
    order: list[Class | External] = [cls]
    while any(chains):
        chains = [chain for chain in chains if chain]
        candidates = [chain[0] for chain in chains]
        head = next(
            (each for each in candidates if all(each not in chain[1:] for chain in chains)),
            candidates[0],
        )
        order.append(head)
        chains = [[each for each in chain if each != head] for chain in chains]
    return order


def decorated(
    interp: Interpreter,
    function: Function,
    decorators: tuple[model.Expression, ...],
    frame: Frame,
) -> Value:
    """A function behind its decorators, which are taken to hand on what it does.

    What those of the program make of it is its wrapper.
    """
    for decorator in reversed(decorators):
        accessor = _accessor(interp, function, decorator, frame)
        if accessor is not None:
            return accessor
        value = interp.evaluate(decorator, frame)
        name = value.name.rpartition(".")[2] if isinstance(value, External) else ""
        if name in _PROPERTIES:
            function = replace(function, kind="property")
        elif name == "staticmethod":
            function = replace(function, kind="static")
        elif name == "classmethod":
            function = replace(function, kind="class")
        elif name in _CONTEXTS:
            function = replace(function, kind="context")
        else:
            wrapped = _apply(interp, value, function, decorator, frame)
            if not isinstance(wrapped, (Function, Instance)) or wrapped is function:
                continue
            is_same = isinstance(wrapped, Function) and wrapped.node is function.node
            if not is_same and (frame.owner is None or isinstance(wrapped, Function)):
                function = replace(function, wrapper=wrapped)
    return function


def _accessor(
    interp: Interpreter, function: Function, decorator: model.Expression, frame: Frame
) -> Function | None:
    """The property that ``@name.setter`` and its like make of a function."""
    if not (isinstance(decorator, model.Attribute) and decorator.name in _ACCESSORS):
        return None
    read = interp.evaluate(decorator.value, frame)
    if not (isinstance(read, Function) and read.kind == "property"):
        return None
    if decorator.name == "getter":
        return replace(function, kind="property", setter=read.setter)
    return replace(read, setter=function) if decorator.name == "setter" else read


def make_super(receiver: Value | None, after: Class) -> Value:
    """``super()`` in a method of class ``after`` called on ``receiver``."""
    if isinstance(receiver, (Instance, Class)):
        return Super(receiver, after)
    return UNKNOWN
