"""Making modules of outside classes, and the methods that all modules have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import hooks, texts
from qlint.flow.channels_last import after_functional
from qlint.flow.containers import items_of, known_items, new_list, within
from qlint.flow.events import UnsupportedModule
from qlint.flow.idle_code import kind_of, traces
from qlint.flow.layer_attributes import note_arguments
from qlint.flow.module_calls import (
    count_call,
    external_forward,
    forward_of,
    grid_of,
    note_options,
    report_lost,
)
from qlint.flow.modules import (
    MORE,
    child_at,
    children,
    descendants,
    external_base,
    is_module,
    remove_child,
    replace_children,
    set_child,
)
from qlint.flow.operators import report_unsupported
from qlint.flow.reach import Running, lost_at, note_counted, note_taken
from qlint.flow.stubs import check_input, check_operands
from qlint.flow.usage import note_listing, own_storage
from qlint.flow.values import (
    FLOAT,
    NONE,
    NOT_TENSOR,
    SUBMODULE,
    UNKNOWN,
    Class,
    Constant,
    Dict,
    External,
    Instance,
    Tensor,
    Tuple,
    Unknown,
    Value,
    is_surely_no_tensor,
    join,
    one_of,
    options_of,
    quantized_in,
)
from qlint.semantics import kernels
from qlint.semantics import modules as known
from qlint.semantics.names import QUANTIZATION, canonical
from qlint.semantics.operations import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


_HAND_THEMSELVES_ON = frozenset(
    "train eval to cuda cpu half float double bfloat16 apply requires_grad_ share_memory "
    "to_empty xpu ipu type".split()
)
_EXPORTED = "<model>"  # no attribute has such a name
_REGISTER = frozenset({"register_buffer", "register_parameter"})
_ADD_MODULE = frozenset({"add_module", "register_module"})
_LISTS = frozenset({"children", "modules"})
_NAMED_LISTS = frozenset({"named_children", "named_modules"})
_ITEMS = frozenset({"items", "keys", "values"})
_OTHER_METHODS = frozenset(
    "parameters named_parameters buffers named_buffers state_dict load_state_dict zero_grad "
    "register_forward_hook register_forward_pre_hook register_full_backward_hook _get_name "
    "extra_repr get_submodule get_parameter set_submodule append extend insert update pop clear "
    "_load_from_state_dict forward __call__ __init__ __len__ __getitem__ __delitem__ "
    "__setattr__ __getattr__".split()
)
_METHODS = (
    _HAND_THEMSELVES_ON | _REGISTER | _ADD_MODULE | _LISTS | _NAMED_LISTS | _ITEMS | _OTHER_METHODS
)


def has_method(instance: Instance, name: str) -> bool:
    """Whether an outside base of the instance is known to have a method."""
    base = external_base(instance)
    if base in known.FUNCTIONALS and name in known.FUNCTIONAL_METHODS:
        return True
    if base == known.EXPORTED_PROGRAM:
        return name == "module"
    return is_module(instance) and name in _METHODS


def construct(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Instance:
    """Make an instance of an outside class."""
    instance = Instance(cls=External(name))
    _initialize(interp, instance, canonical(name), arguments)
    if name in (known.QUANT_WRAPPER, known.SEQUENTIAL):
        interp.models.append(interp.model(instance, site))
    return instance


def _wrap(interp: Interpreter, wrapper: Instance, base: str, arguments: Arguments) -> None:
    if base == known.QUANT_WRAPPER:
        for name, stub in (("quant", "QuantStub"), ("dequant", "DeQuantStub")):
            set_child(interp, wrapper, name, Instance(cls=External(QUANTIZATION + stub)))
    inner = arguments.get(0, "module")
    if inner is not None:
        set_child(interp, wrapper, "module", inner)


def _initialize(interp: Interpreter, instance: Instance, base: str, arguments: Arguments) -> None:
    """Do what the constructor of an outside class does."""
    note_options(instance, base, arguments)
    note_arguments(instance, base, arguments)
    if base in known.CONTAINERS:
        _fill(interp, instance, base, arguments)
    elif base in known.WRAPPERS:
        _wrap(interp, instance, base, arguments)
    if base in known.EAGER_PARTS:
        interp.flags.made_part(len(interp.under_construction), known.quantizes(base))


def export(model: Value | None) -> Value:
    """What ``torch.export.export`` makes of a model; its ``module()`` is the model again."""
    program = Instance(cls=External(known.EXPORTED_PROGRAM))
    program.slots[_EXPORTED] = UNKNOWN if model is None else model
    return program


def _fill(interp: Interpreter, instance: Instance, base: str, arguments: Arguments) -> None:
    if base == known.SEQUENTIAL and not (
        len(arguments.args) == 1 and isinstance(arguments.args[0], Dict)
    ):
        for value in arguments.args:
            set_child(interp, instance, None, value)
        return
    given = arguments.get(0, "modules")
    for each in options_of(given) if given is not None else ():
        if isinstance(each, Dict):
            for slot, value in each.slots.items():
                set_child(interp, instance, slot, value)
        elif base == known.MODULE_DICT:
            for item in known_items(interp, each)[0]:
                pair = items_of(item)
                if pair is not None and len(pair.items) == 2:
                    key = pair.items[0]
                    name = str(key.value) if isinstance(key, Constant) else None
                    set_child(interp, instance, name, pair.items[1])
        else:
            values, more = known_items(interp, each)
            for value in values:
                set_child(interp, instance, None, value)
            if more and base == known.MODULE_LIST:
                instance.slots[MORE] = NONE


def call_base_method(
    interp: Interpreter,
    instance: Instance,
    base: str,
    method: str,
    arguments: Arguments,
    site: Site,
) -> Value:
    """Call a method that an instance has from an outside base class."""
    base = canonical(base)
    if method == "__init__":
        _initialize(interp, instance, base, arguments)
        return NONE
    if method in ("forward", "__call__"):
        forward = forward_of(instance) if method == "__call__" else None
        if forward is not None:  # super().__call__(...) in a class that overrides it
            return interp.call(forward, arguments, site)
        return external_forward(interp, instance, base, arguments, site)
    if base == known.EXPORTED_PROGRAM:
        return instance.slots[_EXPORTED]
    if base in known.FUNCTIONALS and method in known.FUNCTIONAL_METHODS:
        interp.flags.called_part(0)
        found = _check_functional(interp, instance, base, arguments, site)
        if found and method in known.OBSERVED_METHODS:
            name, _, _ = arguments.spelled.rpartition(".")
            check_operands(interp, instance, base, arguments.values(), name, site)
            _check_number(interp, method, arguments, site)
            count_call(interp, instance, arguments, site)
        result = _functional(instance, method, arguments)
        if interp.checked is not None and found:
            arguments.spelled, _, _ = arguments.spelled.rpartition(".")
            result = check_input(interp, instance, base, arguments, result, site)
        return result
    if method == "apply" and arguments.args:
        note_listing(interp, instance, site, deep=True)
        _apply(interp, instance, arguments.args[0], arguments, site)
    if method in hooks.REGISTER:
        return hooks.register(interp, instance, method, arguments, site)
    if method in _HAND_THEMSELVES_ON:
        return instance
    if method in _LISTS | _NAMED_LISTS | _ITEMS:
        note_listing(interp, instance, site, deep="modules" in method)
        listed = _listing(instance, method)
        note_taken(interp, instance, (listed,))
        return listed
    return _call_other(interp, instance, method, arguments)


def _call_other(
    interp: Interpreter, instance: Instance, method: str, arguments: Arguments
) -> Value:
    if method in _TENSORS:
        return _TENSORS[method]
    handler = _HANDLERS.get(method)
    return UNKNOWN if handler is None else handler(interp, instance, arguments)


def _apply(
    interp: Interpreter, instance: Instance, function: Value, arguments: Arguments, site: Site
) -> None:
    """Call a function on every module, the innermost first.

    Most such functions initialize weights, which says nothing of quantization: one that leaves a
    module as it was is not called on others like it.
    """
    if isinstance(function, (External, Unknown)):
        return
    kinds: dict[object, int] = {}
    numbers: dict[int, int] = {}
    untouched: set[int] = set()
    for value in _innermost_first(instance, set()):
        parts = [each for _, child in children(value) for each in options_of(child)]
        kind = (kind_of(value), *(numbers.get(id(each)) for each in parts))
        number = numbers[id(value)] = kinds.setdefault(kind, len(kinds))
        if number in untouched:
            continue
        before = traces(interp)
        interp.call(function, type(arguments)((value,)), site)
        if traces(interp) == before:
            untouched.add(number)


def _innermost_first(instance: Instance, seen: set[int]) -> Iterator[Instance]:
    """All modules in a module, in the order of ``apply``, itself last."""
    seen.add(id(instance))
    for _, child in children(instance):
        for each in options_of(child):
            if isinstance(each, Instance) and id(each) not in seen:
                yield from _innermost_first(each, seen)
    yield instance


def _check_functional(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, site: Site
) -> bool:
    """Report a FloatFunctional that convert does not swap, so that it gets int8 tensors; whether
    there is none to report.
    """  # noqa: D205
    tensor = quantized_in(arguments.values())
    if tensor is None:
        return True
    if isinstance(instance.cls, Class):
        spelled, _, _ = arguments.spelled.rpartition(".")
        fails = kernels.Outcome.FAILS
        interp.report(UnsupportedModule(spelled, base, instance.cls.name, fails, site, tensor))
        return False
    lost = lost_at(interp, Running(instance, arguments, site))
    if lost is not None:
        report_lost(interp, lost, tensor)
    return lost is None


def _check_number(interp: Interpreter, method: str, arguments: Arguments, site: Site) -> None:
    """Report a number where a FloatFunctional takes tensors: in int8 it does."""
    values = arguments.values()
    tensor = quantized_in(values)
    if tensor is not None and method != "cat" and any(map(is_surely_no_tensor, values[:2])):
        fails = kernels.Outcome.FAILS
        report_unsupported(interp, NUMBER, f"{arguments.spelled}()", fails, site, tensor)


def _functional(instance: Instance, method: str, arguments: Arguments) -> Value:
    values = arguments.values()
    quantized = quantized_in(values)
    if quantized is not None:
        grid = grid_of(instance) if method in known.OBSERVED_METHODS else object()
        result = replace(quantized, grid=grid, storages=own_storage())
        return after_functional(method, arguments, result)
    return UNKNOWN if any(isinstance(each, Unknown) for each in values) else FLOAT


def _register(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    name, value = arguments.get(0, "name"), arguments.get(1, "tensor")
    value = value if value is not None else arguments.kwargs.get("param")
    if isinstance(name, Constant) and isinstance(name.value, str):
        options = (UNKNOWN,) if value is None else options_of(value)
        held = join(_as_buffer(each) for each in options)
        interp.heap.write(instance, name.value, held)
    return NONE


def _as_buffer(value: Value) -> Value:
    """What is registered as a buffer or parameter: a float tensor."""
    if isinstance(value, Tensor):
        return replace(FLOAT, dtype=value.dtype)
    return value if value == NONE else FLOAT


def _add_module(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    name, value = arguments.get(0, "name"), arguments.get(1, "module")
    if value is not None:
        known_name = isinstance(name, Constant) and isinstance(name.value, str)
        slot = name.value if isinstance(name, Constant) and known_name else None
        set_child(interp, instance, str(slot) if slot is not None else None, value)
    return NONE


def _listing(instance: Instance, method: str) -> Value:
    named = descendants(instance) if "modules" in method else children(instance)
    if method in ("named_children", "named_modules", "items"):
        return new_list(Tuple((Constant(name), value)) for name, value in named)
    if method == "keys":
        return new_list(Constant(name) for name, _ in named)
    return new_list(value for _, value in named)


def _submodule(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    target = arguments.get(0, "target")
    value: Value = instance
    if not (isinstance(target, Constant) and isinstance(target.value, str)):
        return SUBMODULE
    for name in target.value.split(".") if target.value else ():
        if not isinstance(value, Instance):
            return SUBMODULE
        value = value.slots.get(name, SUBMODULE)
    note_taken(interp, instance, (value,))
    return value


def _set_submodule(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    target, module = arguments.get(0, "target"), arguments.get(1, "module")
    if isinstance(target, Constant) and isinstance(target.value, str) and module is not None:
        parent, _, name = target.value.rpartition(".")
        owner = _submodule(interp, instance, type(arguments)((Constant(parent),)))
        if isinstance(owner, Instance):
            set_child(interp, owner, name, module)
    return NONE


def _get_attribute(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    name = arguments.get(0, "name") or UNKNOWN
    known = [str(each.value) for each in options_of(name) if isinstance(each, Constant)]
    named = dict(children(instance))
    if not known:  # one of them
        return join([SUBMODULE, *(named[each] for each in texts.fitting(name, named))])
    found = [instance.slots.get(each, SUBMODULE) for each in known]
    return found[0] if len(options_of(name)) == 1 else one_of(found)


def _append(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    note_counted(interp, instance)
    for value in arguments.args[:1]:
        set_child(interp, instance, None, value)
    return instance


def _extend(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    note_counted(interp, instance)
    for values in arguments.args[:1]:
        extend_container(interp, instance, values)
    return instance


def extend_container(interp: Interpreter, instance: Instance, values: Value) -> None:
    """Append all modules of an iterable to a container."""
    for value in known_items(interp, values)[0]:
        set_child(interp, instance, None, value)


def _update(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    _fill(interp, instance, known.MODULE_DICT, arguments)
    return NONE


def _length(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    note_counted(interp, instance)
    return Constant(len(children(instance)))


def _get_item(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    return child_at(interp, instance, arguments.args[0]) if arguments.args else UNKNOWN


def _insert(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    note_counted(interp, instance)
    if len(arguments.args) != 2:
        return instance
    index, value = arguments.args
    values = [each for _, each in children(instance)]
    at = index.value if isinstance(index, Constant) else 0
    values.insert(within(at, len(values)), value)
    replace_children(interp, instance, values)
    return instance


def _pop(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    note_counted(interp, instance)
    if not arguments.args:
        return UNKNOWN
    taken = child_at(interp, instance, arguments.args[0])
    remove_child(interp, instance, arguments.args[0])
    return taken


def _delete_item(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    _pop(interp, instance, arguments)
    return NONE


_TENSORS: dict[str, Value] = {
    "parameters": Tuple((FLOAT,), open=True),
    "buffers": Tuple((FLOAT,), open=True),
    "named_parameters": Tuple((Tuple((NOT_TENSOR, FLOAT)),), open=True),
    "named_buffers": Tuple((Tuple((NOT_TENSOR, FLOAT)),), open=True),
}
_HANDLERS: dict[str, Callable[[Interpreter, Instance, Arguments], Value]] = {
    **dict.fromkeys(_REGISTER, _register),
    **dict.fromkeys(_ADD_MODULE, _add_module),
    "__setattr__": _add_module,
    "__getattr__": _get_attribute,
    "get_submodule": _submodule,
    "set_submodule": _set_submodule,
    "__len__": _length,
    "__getitem__": _get_item,
    "append": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "__delitem__": _delete_item,
    "update": _update,
}
