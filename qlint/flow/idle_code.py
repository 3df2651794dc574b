"""Code that leaves nothing behind: what it has done once it need not do again on the like."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from qlint.flow import layer_attributes
from qlint.flow.containers import items_of
from qlint.flow.modules import children, external_base
from qlint.flow.values import (
    Class,
    Constant,
    External,
    Function,
    Instance,
    List,
    NotTensor,
    Partial,
    Tuple,
)
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qlint.flow.arguments import Arguments
    from qlint.flow.interpreter import Interpreter
    from qlint.flow.scopes import Frame
    from qlint.flow.values import Value

_PLAIN = (Constant, NotTensor, Class, External, Function, Instance)
# What the initialization of weights looks at.
_LOOKED_AT = frozenset({"weight", "bias"})
# What changes nothing: functions of Python, methods of texts, and what stands behind these names.
_HARMLESS_FUNCTIONS = frozenset("isinstance issubclass hasattr type print str repr id".split())
_PARTS = frozenset("children named_children items values keys".split())
_HARMLESS_METHODS = frozenset("startswith endswith lower upper".split())
_HARMLESS_PACKAGES = ("torch._C.", "torch.nn.init.", "nn.init.", "warnings.", "logging.", "logger.")
# What changes an object, and what leaves a block or defines something in it.
_CHANGING = frozenset("setattr __setattr__ add_module register_module set_submodule".split())
_LEAVING = (model.Import, model.ImportFrom, model.FunctionDef, model.ClassDef, model.Return)


def traces(interp: Interpreter) -> tuple[int, ...]:
    """What has been written, reported and built so far, as numbers: where they are the same as
    before, what ran has left nothing behind.
    """  # noqa: D205
    return (interp.heap.stored, interp.log.pending, len(interp.models), len(interp.prepared))


def kind_of(instance: Instance) -> object:
    """The class of an object, and all plain values that it holds or was made with."""
    values = [(slot, _plain(value)) for slot, value in instance.slots.items()]
    return (instance.cls, *((slot, plain) for slot, plain in values if plain is not None))


def _plain(value: Value) -> object:
    if isinstance(value, Constant):
        return repr(value.value)
    if isinstance(value, Partial):
        given = [(str(number), each) for number, each in enumerate(value.args)]
        return tuple((name, _plain(each)) for name, each in (*given, *value.kwargs.items()))
    items = items_of(value) if isinstance(value, (List, Tuple)) else None
    return None if items is None else tuple(_plain(each) for each in items.items)


class Rounds:
    """The rounds of one loop over modules: ``for m in self.modules(): ...``.

    Many such loops initialize weights, by the class of a module. Where a round has done nothing
    for a layer of torch, the others do nothing for those of its class.
    """

    def __init__(self, interp: Interpreter, loop: model.For, frame: Frame) -> None:
        self._interp = interp
        self._frame = frame
        self._target = loop.target.id if isinstance(loop.target, model.Name) else ""
        self._goes_by_class = bool(self._target) and _goes_by_class(loop, self._target)
        self._idle: set[object] = set()
        self._kind: object = None
        self._before: tuple[int, ...] = ()
        self._names: dict[str, Value] = {}

    def begin(self, item: Value) -> bool:
        """Begin the round with an item; False if it would do nothing."""
        self._kind = None
        if not (self._goes_by_class and isinstance(item, Instance)):
            return True
        if not isinstance(item.cls, External):
            return True
        base = external_base(item)
        bias = layer_attributes.get(self._interp, item, base, "bias")
        self._kind = (base, type(bias))
        self._before, self._names = traces(self._interp), dict(self._frame.names)
        return self._kind not in self._idle

    def end(self) -> None:
        """Note whether the round has left anything behind."""
        if self._kind is None or traces(self._interp) != self._before or self._frame.breaks:
            return
        names = {name: value for name, value in self._frame.names.items() if name != self._target}
        old = {name: value for name, value in self._names.items() if name != self._target}
        if names.keys() == old.keys() and all(old[name] is names[name] for name in names):
            self._idle.add(self._kind)


@lru_cache(maxsize=1024)
def _goes_by_class(loop: model.For, target: str) -> bool:
    """Whether the body of a loop asks of its target only what it is, and looks at its weights."""
    nodes = list(model.walk(loop.body))
    uses = sum(_is_name(node, target) for node in nodes)
    return uses == sum(_asks_or_looks(node, target) for node in nodes)


def _asks_or_looks(node: model.Node, target: str) -> bool:
    if isinstance(node, model.Call):
        asks = _is_name(node.func, "isinstance") and bool(node.arguments)
        return asks and _is_name(node.arguments[0].value, target)
    if isinstance(node, model.Attribute):
        return node.name in _LOOKED_AT and _is_name(node.value, target)
    return False


def _is_name(node: model.Node, name: str) -> bool:
    return isinstance(node, model.Name) and node.id == name


def only_looks(function: Function, arguments: Arguments) -> bool:
    """Whether a call of a function returns nothing and changes nothing, whatever it is called
    with but tensors: logging, checks.
    """  # noqa: D205
    given = arguments.values()
    return all(isinstance(each, _PLAIN) for each in given) and _only_looks(function.node)


@lru_cache(maxsize=4096)
def _only_looks(node: model.FunctionDef | model.Lambda) -> bool:
    return isinstance(node, model.FunctionDef) and all(map(_is_harmless, model.walk(node.body)))


def _is_harmless(node: model.Node) -> bool:
    if isinstance(node, model.Call):
        if isinstance(node.func, model.Name):
            return node.func.id in _HARMLESS_FUNCTIONS
        harmless = model.last_name(node.func) in _HARMLESS_METHODS
        return harmless or _dotted(node.func).startswith(_HARMLESS_PACKAGES)
    if isinstance(node, model.Assign):
        return all(isinstance(each, model.Name) for each in node.targets)
    if isinstance(node, model.Return):
        return node.value is None
    if isinstance(node, (model.Yield, model.Await, model.NamedExpr, model.Lambda)):
        return False
    return isinstance(node, (model.Expression, model.Argument, model.If, model.ExpressionStatement))


@lru_cache(maxsize=1024)
def is_attempt(block: model.Block) -> bool:
    """Whether a block that may fail changes objects and does not leave: it is there because it
    succeeds, as a rule.
    """  # noqa: D205
    nodes = list(model.walk(block))
    leaves = any(isinstance(each, _LEAVING) for each in nodes)
    return not leaves and any(map(_changes_object, nodes))


def mend(handlers: Sequence[tuple[str | None, model.Block]]) -> bool:
    """Whether one of the handlers of a ``try`` changes objects, as what has failed should have."""
    return any(
        _changes_object(each) or _calls_function(each)
        for _, block in handlers
        for each in model.walk(block)
    )


def _changes_object(node: model.Node) -> bool:
    if isinstance(node, model.Assign):
        return any(isinstance(each, (model.Attribute, model.Subscript)) for each in node.targets)
    return isinstance(node, model.Call) and model.last_name(node.func) in _CHANGING


def _calls_function(node: model.Node) -> bool:
    """Whether a function is called that may change the objects that it is given."""
    if not (isinstance(node, model.Call) and isinstance(node.func, model.Name)):
        return False
    given = any(not isinstance(each.value, model.Constant) for each in node.arguments)
    return given and node.func.id not in (*_HARMLESS_FUNCTIONS, "exit", "quit", "len", "format")


def ends_at(function: Function, module: Instance) -> bool:
    """Whether a function of one module, such as calls itself for all modules in it, does nothing
    with this one, in which there are none.
    """  # noqa: D205
    return (
        isinstance(module.cls, External) and _only_descends(function.node) and not children(module)
    )


@lru_cache(maxsize=4096)
def _only_descends(node: model.FunctionDef | model.Lambda) -> bool:
    """Whether there is nothing in a function but loops over the modules in its first parameter.

    ``found = {}``, ``for name, child in module.named_children(): ...``, and loops over what was
    ``found``.
    """
    parameters = node.parameters.positional
    if not isinstance(node, model.FunctionDef) or len(parameters) != 1 or node.is_generator:
        return False
    empty = {parameters[0].name}
    for each in node.body:
        if isinstance(each, model.Assign) and _is_empty(each.value):
            empty |= {target.id for target in each.targets if isinstance(target, model.Name)}
            continue
        if isinstance(each, model.ExpressionStatement) and isinstance(each.value, model.Constant):
            continue
        if not isinstance(each, model.For) or each.orelse or not _is_in(each.iterable, empty):
            return False
    return True


def _is_empty(node: model.Expression | None) -> bool:
    if isinstance(node, model.Sequence):
        return not node.elements
    return isinstance(node, model.Dict) and not node.items


def _is_in(iterable: model.Expression, empty: set[str]) -> bool:
    """Whether a loop is over what is kept in one of these names."""
    if isinstance(iterable, model.Call) and isinstance(iterable.func, model.Attribute):
        listed = iterable.func.name in _PARTS and not iterable.arguments
        return listed and _is_in(iterable.func.value, empty)
    if isinstance(iterable, model.Attribute) and iterable.name == "_modules":
        return _is_in(iterable.value, empty)
    return isinstance(iterable, model.Name) and iterable.id in empty


def _dotted(node: model.Expression) -> str:
    """``a.b.c`` as a text; empty for what is no dotted name."""
    if isinstance(node, model.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.name}" if owner else ""
    return node.id if isinstance(node, model.Name) else ""
