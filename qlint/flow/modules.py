"""``nn.Module`` instances: their children, their methods, and calling them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow.containers import new_list
from qlint.flow.events import ModuleCall
from qlint.flow.values import (
    FLOAT,
    NONE,
    NOT_TENSOR,
    SUBMODULE,
    UNKNOWN,
    BoundMethod,
    CallSites,
    Class,
    Constant,
    Dict,
    External,
    Function,
    Instance,
    List,
    Tensor,
    Tuple,
    Unknown,
    Value,
    join,
    options_of,
    quantized_in,
    tensors_in,
)
from qlint.semantics import modules as known
from qlint.semantics.names import NN, canonical, may_be_module_class

if TYPE_CHECKING:
    from qlint.flow.calls import Arguments
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_CALLS = "<calls>"  # the slot that counts calls; no attribute has such a name

_HAND_THEMSELVES_ON = frozenset(
    "train eval to cuda cpu half float double bfloat16 apply requires_grad_ share_memory "
    "to_empty xpu ipu type".split()
)
_REGISTER = frozenset({"register_buffer", "register_parameter"})
_ADD_MODULE = frozenset({"add_module", "register_module"})
_LISTS = frozenset({"children", "modules"})
_NAMED_LISTS = frozenset({"named_children", "named_modules"})
_ITEMS = frozenset({"items", "keys", "values"})
_OTHER_METHODS = frozenset(
    "parameters named_parameters buffers named_buffers state_dict load_state_dict zero_grad "
    "register_forward_hook register_forward_pre_hook register_full_backward_hook _get_name "
    "extra_repr get_submodule get_parameter set_submodule append extend insert update pop clear "
    "_load_from_state_dict forward __call__ __init__ __len__ __getitem__ __setattr__".split()
)
_METHODS = (
    _HAND_THEMSELVES_ON | _REGISTER | _ADD_MODULE | _LISTS | _NAMED_LISTS | _ITEMS | _OTHER_METHODS
)


def is_module(instance: Instance) -> bool:
    """Whether the instance is, or may well be, an ``nn.Module``."""
    cls = instance.cls
    return is_module_class(cls) if isinstance(cls, Class) else may_be_module_class(cls.name)


def is_module_class(cls: Class) -> bool:
    """Whether a class of the program is an ``nn.Module``.

    A class with an outside base that cannot be resolved counts if it has a ``forward``.
    """
    outside = list(cls.external_bases())
    if any(name.startswith((NN, "torch.ao.")) for name in outside):
        return True
    unresolved = any(
        isinstance(base, Unknown)
        for each in cls.mro
        if isinstance(each, Class)
        for base in each.bases
    )
    may_be = unresolved or any(may_be_module_class(name) for name in outside)
    return may_be and cls.lookup("forward") is not None


def external_base(instance: Instance, after: Class | None = None) -> str:
    """The outside class whose methods an instance falls back on."""
    if isinstance(instance.cls, External):
        return canonical(instance.cls.name)
    outside = list(instance.cls.external_bases())
    return next((name for name in outside if name.startswith(NN)), outside[0] if outside else "")


def has_method(instance: Instance, name: str) -> bool:
    """Whether an outside base of the instance is known to have a method."""
    base = external_base(instance)
    if base in known.FUNCTIONALS:
        return name in known.FUNCTIONAL_METHODS
    return is_module(instance) and name in _METHODS


def children(instance: Instance) -> list[tuple[str, Value]]:
    """Names and values of the submodules, in the order they were registered."""
    container = external_base(instance) in known.CONTAINERS
    return [
        (name, value)
        for name, value in instance.slots.items()
        if any(_is_child(each, container) for each in options_of(value))
    ]


def _is_child(value: Value, container: bool) -> bool:
    if isinstance(value, Instance):
        return is_module(value)
    return container and isinstance(value, Unknown) and value.submodule


def attach(owner: Instance, value: Value) -> None:
    """Note that the value is now part of another module."""
    for each in options_of(value):
        if isinstance(each, Instance) and each is not owner and is_module(owner):
            each.attached = True


def set_child(interp: Interpreter, owner: Instance, name: str | None, value: Value) -> None:
    """Register a submodule; without a name it gets the next number."""
    if name is None:
        name = str(len(children(owner)))
    attach(owner, value)
    if isinstance(value, Unknown):
        value = SUBMODULE
    interp.heap.write(owner, name, value)


def child_at(interp: Interpreter, instance: Instance, index: Value) -> Value:
    """The value of ``module[index]``."""
    named = children(instance)
    values = [value for _, value in named]
    if isinstance(index, Constant):
        if isinstance(index.value, str):
            return instance.slots.get(index.value, SUBMODULE)
        if isinstance(index.value, slice):
            part = Instance(cls=External(external_base(instance)), attached=True)
            for name, value in named[index.value]:
                part.slots[name] = value
            return part
        if isinstance(index.value, int) and -len(values) <= index.value < len(values):
            return values[index.value]
    return join(values) if values else SUBMODULE


def construct(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Instance:
    """Make an instance of an outside class."""
    instance = Instance(cls=External(name))
    if name in known.CONTAINERS:
        _fill(interp, instance, name, arguments)
    elif name == known.QUANT_WRAPPER or name in known.PARALLEL:
        inner = arguments.get(0, "module")
        if inner is not None:
            attach(instance, inner)
            instance.slots["module"] = inner
    if name == known.QUANT_WRAPPER:
        interp.top_instances.append(instance)
    return instance


def _fill(interp: Interpreter, instance: Instance, base: str, arguments: Arguments) -> None:
    from qlint.flow.containers import known_items

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
            for pair in known_items(interp, each)[0]:
                if isinstance(pair, Tuple) and len(pair.items) == 2:
                    key = pair.items[0]
                    name = str(key.value) if isinstance(key, Constant) else None
                    set_child(interp, instance, name, pair.items[1])
        else:
            for value in known_items(interp, each)[0]:
                set_child(interp, instance, None, value)


# Methods


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
        if base in known.CONTAINERS:
            _fill(interp, instance, base, arguments)
        return NONE
    if method in ("forward", "__call__"):
        return external_forward(interp, instance, base, arguments, site)
    if base in known.FUNCTIONALS:
        return _functional(instance, method, arguments)
    if method in _HAND_THEMSELVES_ON:
        return instance
    if method in _REGISTER:
        return _register(interp, instance, arguments)
    if method in _ADD_MODULE:
        return _add_module(interp, instance, arguments)
    if method in _LISTS | _NAMED_LISTS | _ITEMS:
        return _listing(interp, instance, method)
    if method in ("parameters", "buffers"):
        return Tuple((FLOAT,), open=True)
    if method in ("named_parameters", "named_buffers"):
        return Tuple((Tuple((NOT_TENSOR, FLOAT)),), open=True)
    if method == "get_submodule":
        return _submodule(instance, arguments)
    if method == "__len__":
        return Constant(len(children(instance)))
    if method == "__getitem__" and arguments.args:
        return child_at(interp, instance, arguments.args[0])
    if method == "__setattr__" and len(arguments.args) == 2:
        return _add_module(interp, instance, arguments)
    return _change_container(interp, instance, method, arguments)


def _functional(instance: Instance, method: str, arguments: Arguments) -> Value:
    values = arguments.values()
    quantized = quantized_in(values)
    if quantized is not None:
        # The scalar methods derive their qparams from the input instead of observing.
        grid = None if method.endswith("_scalar") else _grid_of(instance)
        return replace(quantized, grid=grid)
    return UNKNOWN if any(isinstance(each, Unknown) for each in values) else FLOAT


def _register(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    name, value = arguments.get(0, "name"), arguments.get(1, "tensor")
    value = value if value is not None else arguments.kwargs.get("param")
    if isinstance(name, Constant) and isinstance(name.value, str):
        is_none = isinstance(value, Constant) and value.value is None
        interp.heap.write(instance, name.value, NONE if is_none else FLOAT)
    return NONE


def _add_module(interp: Interpreter, instance: Instance, arguments: Arguments) -> Value:
    name, value = arguments.get(0, "name"), arguments.get(1, "module")
    if value is not None:
        known_name = isinstance(name, Constant) and isinstance(name.value, str)
        slot = name.value if isinstance(name, Constant) and known_name else None
        set_child(interp, instance, str(slot) if slot is not None else None, value)
    return NONE


def _listing(interp: Interpreter, instance: Instance, method: str) -> Value:
    named = _descendants(instance) if "modules" in method else children(instance)
    if method in ("named_children", "named_modules", "items"):
        return new_list(Tuple((Constant(name), value)) for name, value in named)
    if method == "keys":
        return new_list(Constant(name) for name, _ in named)
    return new_list(value for _, value in named)


def _descendants(instance: Instance) -> list[tuple[str, Value]]:
    found: dict[int, tuple[str, Value]] = {id(instance): ("", instance)}
    queue = [("", instance)]
    while queue:
        prefix, owner = queue.pop(0)
        for name, value in children(owner):
            for each in options_of(value):
                if isinstance(each, Instance) and id(each) not in found:
                    path = f"{prefix}.{name}" if prefix else name
                    found[id(each)] = (path, each)
                    queue.append((path, each))
    return list(found.values())


def _submodule(instance: Instance, arguments: Arguments) -> Value:
    target = arguments.get(0, "target")
    value: Value = instance
    if not (isinstance(target, Constant) and isinstance(target.value, str)):
        return SUBMODULE
    for name in target.value.split("."):
        if not isinstance(value, Instance):
            return SUBMODULE
        value = value.slots.get(name, SUBMODULE)
    return value


def _change_container(
    interp: Interpreter, instance: Instance, method: str, arguments: Arguments
) -> Value:
    from qlint.flow.containers import known_items

    if method == "append" and arguments.args:
        set_child(interp, instance, None, arguments.args[0])
        return instance
    if method == "extend" and arguments.args:
        for value in known_items(interp, arguments.args[0])[0]:
            set_child(interp, instance, None, value)
        return instance
    if method == "insert" and len(arguments.args) == 2:
        _insert(interp, instance, *arguments.args)
        return instance
    if method == "update":
        _fill(interp, instance, known.MODULE_DICT, arguments)
        return NONE
    return UNKNOWN


def _insert(interp: Interpreter, instance: Instance, index: Value, value: Value) -> None:
    named = children(instance)
    values = [each for _, each in named]
    at = index.value if isinstance(index, Constant) and isinstance(index.value, int) else 0
    values.insert(at, value)
    for name, _ in named:
        interp.heap.delete(instance, name)
    for each in values:
        set_child(interp, instance, None, each)


# Calls


def call_instance(
    interp: Interpreter, instance: Instance, arguments: Arguments, site: Site
) -> Value:
    """Call an instance: its ``forward``, as a rule."""
    cls = instance.cls
    if isinstance(cls, Class):
        method = cls.lookup("forward") if is_module_class(cls) else cls.lookup("__call__")
        if isinstance(method, Function):
            if not is_module_class(cls):
                return interp.call(BoundMethod(method, instance), arguments, site)
            return run_forward(interp, instance, cls, method, arguments, site)
    repeats = _count_call(interp, instance, arguments, site)
    interp.repeating += repeats
    result = external_forward(interp, instance, external_base(instance), arguments, site)
    interp.repeating -= repeats
    return result


def run_forward(
    interp: Interpreter,
    instance: Instance,
    cls: Class,
    forward: Function,
    arguments: Arguments,
    site: Site,
) -> Value:
    """Run the ``forward`` of a class of the program."""
    if interp.exhausted:
        return hand_on(arguments)
    outermost = interp.forward_depth == 0
    if outermost:
        interp.epoch += 1
        if interp.assume_quantized:
            arguments = assume_inputs(interp, forward, cls)
    repeats = _count_call(interp, instance, arguments, site)
    interp.ran_forward.add(cls)
    interp.forwarded.add(id(instance))
    interp.repeating += repeats
    interp.forward_depth += 1
    result = interp.call(BoundMethod(forward, instance), arguments, site)
    interp.forward_depth -= 1
    interp.repeating -= repeats
    # What leaves an assumed model has been dequantized by whoever wraps it.
    return FLOAT if outermost and interp.assume_quantized else result


def assume_inputs(interp: Interpreter, forward: Function, cls: Class) -> Arguments:
    """Arguments for a forward pass whose input is taken to be quantized."""
    from qlint.flow.calls import Arguments
    from qlint.flow.inputs import assumed_input

    parameters = forward.node.parameters
    args = []
    for each in (*parameters.positional_only, *parameters.positional)[1:]:
        args.append(assumed_input(interp, forward, cls, each))
    kwargs = {
        each.name: assumed_input(interp, forward, cls, each) for each in parameters.keyword_only
    }
    if parameters.star is not None:
        args.append(assumed_input(interp, forward, cls, parameters.star))
    return Arguments(tuple(args), kwargs)


def hand_on(arguments: Arguments) -> Value:
    """What a module that keeps the quantization state of its input returns."""
    values = arguments.values()
    quantized = quantized_in(values)
    if quantized is not None:
        return replace(quantized, handed_on=True)
    known_tensor = any(True for value in values for _ in tensors_in(value))
    unknown = any(isinstance(each, Unknown) for value in values for each in options_of(value))
    return FLOAT if known_tensor and not unknown else UNKNOWN


def external_forward(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, site: Site
) -> Value:
    """What calling a module of an outside class returns."""
    if base in known.QUANT_STUBS:
        message = f"quantized here by `{arguments.spelled}`"
        return interp.quantized(site, message, grid=_grid_of(instance))
    if base in known.DEQUANT_STUBS:
        return FLOAT
    if base == known.SEQUENTIAL:
        return _run_children(interp, instance, arguments, site)
    if base == known.QUANT_WRAPPER:
        inputs = interp.quantized(site, "quantized here by the QuantWrapper")
        return _run_inside(interp, instance, type(arguments)((inputs,)), site)
    if base in known.PARALLEL:
        return _run_inside(interp, instance, arguments, site, keep=True)
    result = _on_grid(hand_on(arguments), instance, base)
    if base in known.SWAPPED and result == FLOAT and interp.assume_quantized:
        name = base.rpartition(".")[2]
        message = f"quantized here: a converted {name} puts out int8"
        return interp.quantized(site, message, grid=_grid_of(instance))
    if base in known.PAIR_RETURNS:
        return Tuple((result, result))
    if base in known.LSTMS:
        return Tuple((result, Tuple((result, result))))
    if base.startswith(NN) and base.endswith("Loss"):
        return FLOAT
    return result


def _grid_of(instance: Instance) -> object:
    return ("module", id(instance))


def _on_grid(result: Value, instance: Instance, base: str) -> Value:
    """The output of a module: on its own grid if it has an observer, on its input's if it has
    nothing to compute.
    """  # noqa: D205
    if not isinstance(result, Tensor) or not base.startswith(NN):
        return replace(result, grid=None) if isinstance(result, Tensor) else result
    result = replace(result, handed_on=False)
    if base in known.KEEP_GRID:
        return result
    return replace(result, grid=None if base in known.REUSABLE else _grid_of(instance))


def _run_inside(
    interp: Interpreter, wrapper: Instance, arguments: Arguments, site: Site, *, keep: bool = False
) -> Value:
    inner = wrapper.slots.get("module", SUBMODULE)
    interp.forward_depth += 1
    interp.epoch += interp.forward_depth == 1
    result = interp.call(inner, arguments, site)
    interp.forward_depth -= 1
    return result if keep else FLOAT


def _run_children(
    interp: Interpreter, instance: Instance, arguments: Arguments, site: Site
) -> Value:
    value = arguments.args[0] if arguments.args else UNKNOWN
    for name, child in children(instance):
        spelled = f"{arguments.spelled}.{name}"
        value = interp.call(child, type(arguments)((value,), spelled=spelled), site)
    return value


# Counting calls


def _count_call(interp: Interpreter, instance: Instance, arguments: Arguments, site: Site) -> bool:
    """Note a call in this forward pass; report it if the instance was called before."""
    if interp.forward_depth == 0 or interp.selecting or not arguments.definite:
        return False
    before = instance.slots.get(_CALLS)
    earlier: tuple[Site, ...] = ()
    excluded = False
    if isinstance(before, CallSites) and before.epoch == interp.epoch:
        earlier = before.sites
        unsure_below = before.unsure_below
        excluded = unsure_below is not None and interp.heap.conditions > unsure_below
    interp.heap.write(instance, _CALLS, CallSites(interp.epoch, (*earlier, site)))
    if not earlier or excluded or interp.repeating:
        return bool(earlier)
    tensor = quantized_in(arguments.values())
    if tensor is not None:
        cls = instance.cls
        name = cls.name if isinstance(cls, Class) else canonical(cls.name)
        parts = classes_in(instance)
        interp.report(ModuleCall(site, arguments.spelled, name, parts, earlier, tensor))
    return True


def classes_in(instance: Instance) -> frozenset[str]:
    """Canonical names of the torch classes of a module and everything in it."""
    names = set()
    for _, value in _descendants(instance):
        if isinstance(value, Instance):
            cls = value.cls
            if isinstance(cls, External):
                names.add(canonical(cls.name))
            else:
                names.update(name for name in cls.external_bases())
    return frozenset(names)


def modules_in(value: Value) -> list[Instance]:
    """All module instances in a value, looking into lists."""
    found = []
    for each in options_of(value):
        if isinstance(each, Instance) and is_module(each):
            found.append(each)
        elif isinstance(each, (List, Tuple)):
            items = each.slots["items"] if isinstance(each, List) else each
            if isinstance(items, Tuple):
                found += [inner for item in items.items for inner in modules_in(item)]
    return found
