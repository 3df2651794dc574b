"""Calling modules, and counting the calls of one forward pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import channels_last, hooks, layer_attributes, stubs
from qlint.flow.arguments import Arguments
from qlint.flow.events import Call, CoarseActivation, ModuleCall, UnsupportedModule
from qlint.flow.heap import unsure_slots
from qlint.flow.inputs import assumed_input
from qlint.flow.modules import (
    MORE,
    REPARAMETRIZED,
    around,
    children,
    classes_in,
    descendants,
    external_base,
    is_module_class,
    name_of,
)
from qlint.flow.reach import Running, lost_at, note_taken
from qlint.flow.usage import note_forward, note_tensors, own_storage
from qlint.flow.values import (
    FLOAT,
    NONE,
    SUBMODULE,
    UNKNOWN,
    BoundMethod,
    Calls,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Partial,
    State,
    Tensor,
    Tuple,
    Unknown,
    Value,
    join,
    options_of,
    quantized_in,
    tensors_in,
)
from qlint.semantics import kernels
from qlint.semantics import modules as known
from qlint.semantics.names import NN, canonical
from qlint.semantics.operations import PACKED, PACKED_FIELDS, QCONFIG

if TYPE_CHECKING:
    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter


_CALLS = "<calls>"  # the slot that counts calls; no attribute has such a name

# The name of the qconfig for embeddings, and of its parts.
_CHOICE = "float_qparams"


def call_instance(
    interp: Interpreter, instance: Instance, arguments: Arguments, site: Site
) -> Value:
    """Call an instance: its ``forward``, as a rule, and its hooks."""
    arguments = hooks.before(interp, instance, arguments, site)
    result = _call_unhooked(interp, instance, arguments, site)
    return hooks.behind(interp, instance, arguments, result, site)


def _call_unhooked(
    interp: Interpreter, instance: Instance, arguments: Arguments, site: Site
) -> Value:
    cls = instance.cls
    arguments.spelled = arguments.spelled or name_of(instance)  # called by `map`, say
    if site.module.linted:
        name = cls.name if isinstance(cls, Class) else external_base(instance)
        interp.usage.called[site].add(name)
        note_tensors(interp, site, arguments.values())
        if instance.named_at is not None:
            note_tensors(interp, instance.named_at, arguments.values())
    if isinstance(cls, Class):
        own_call = cls.lookup("__call__")
        if isinstance(own_call, Function):
            method: Value | None = BoundMethod(own_call, instance)
        else:
            method = forward_of(instance) if is_module_class(cls) else None
        if method is not None:
            if not is_module_class(cls):
                return interp.call(method, arguments, site)
            return _run_forward(interp, instance, cls, method, arguments, site)
    repeats = count_call(interp, instance, arguments, site)
    interp.repeating += repeats
    result = external_forward(interp, instance, external_base(instance), arguments, site)
    interp.repeating -= repeats
    return result


def forward_of(instance: Instance) -> Value | None:
    """What calling a module of the program runs: the instance's own ``forward``, if it was given
    one, or that of its class; None if that lies outside.
    """  # noqa: D205
    cls = instance.cls
    found = cls.lookup("forward") if isinstance(cls, Class) else None
    inherited: Value | None = None
    if isinstance(found, Function):
        inherited = found if found.kind == "static" else BoundMethod(found, instance)
    own = instance.slots.get("forward")
    if own is None or not any(_is_method(each) for each in options_of(own)):
        return inherited
    if inherited is not None and "forward" in unsure_slots(instance):
        return join([own, inherited])
    return own


def _is_method(value: Value) -> bool:
    if isinstance(value, Partial):
        return _is_method(value.function)
    return isinstance(value, (BoundMethod, Function))


def signature(forward: Value) -> tuple[Function, int]:
    """The first function that a ``forward`` can be, and how many of its parameters are bound."""
    method = next(each for each in options_of(forward) if _is_method(each))
    if isinstance(method, BoundMethod):
        return method.function, 1
    if isinstance(method, Partial):
        function, bound = signature(method.function)
        return function, bound + len(method.args)
    assert isinstance(method, Function)
    return method, 0


def _run_forward(
    interp: Interpreter,
    instance: Instance,
    cls: Class,
    forward: Value,
    arguments: Arguments,
    site: Site,
) -> Value:
    if interp.budget.exhausted:
        return hand_on(arguments)
    outermost = interp.forward_depth == 0
    # What compares the outputs of a model with targets works on what has been dequantized.
    assumed = outermost and interp.assumes_int8 and not known.is_loss(cls.name)
    if outermost:
        _begin_pass(interp)
    if assumed:
        arguments = _assumed_inputs(interp, forward, cls)
    repeats = count_call(interp, instance, arguments, site)
    if not interp.under_construction:
        interp.forwarded.add(id(instance))
    interp.repeating += repeats
    interp.forward_depth += 1
    interp.forwarding.append(cls)
    interp.running.append(Running(instance, arguments, site))
    # Convert would swap it, were it not of a derived class.
    is_swapped = kernels.is_swapped(external_base(instance))
    mark = interp.log.pending
    result = interp.call(forward, arguments, site)
    interp.running.pop()
    interp.forwarding.pop()
    function, bound = signature(forward)
    note_forward(interp, function, arguments, result, bound=bound)
    has_shown = not interp.budget.exhausted and not interp.under_construction
    if has_shown and (outermost or _says_what_it_gets(arguments)):
        interp.ran_forward.add(cls)
    if is_swapped and (interp.log.failed_since(mark) or id(instance) in interp.unswapped):
        interp.unswapped.discard(id(instance))
        _check_kernel(interp, instance, external_base(instance), arguments, site)
    interp.forward_depth -= 1
    interp.repeating -= repeats
    # What leaves an assumed model has been dequantized by whoever wraps it.
    return FLOAT if assumed else result


def _begin_pass(interp: Interpreter) -> None:
    interp.epoch += 1
    interp.kept_aside.clear()
    interp.originals.clear()
    interp.plain_containers.clear()


def _says_what_it_gets(arguments: Arguments) -> bool:
    """Whether something is known of what a forward pass gets; if not, it has shown nothing."""
    values = arguments.values()
    return not any(isinstance(each, Unknown) for each in values) or any(
        True for value in values for _ in tensors_in(value)
    )


def _assumed_inputs(interp: Interpreter, forward: Value, cls: Class) -> Arguments:
    """Arguments for a forward pass whose input is taken to be quantized."""
    function, bound = signature(forward)
    parameters = function.node.parameters
    positional = parameters.by_position[bound:]
    args = [assumed_input(interp, function, cls, each) for each in positional]
    kwargs = {
        each.name: assumed_input(interp, function, cls, each) for each in parameters.keyword_only
    }
    if parameters.star is not None:
        args.append(assumed_input(interp, function, cls, parameters.star))
    return Arguments(tuple(args), kwargs)


def hand_on(arguments: Arguments) -> Value:
    """What a module that keeps the quantization state of its input returns."""
    values = arguments.values()
    quantized = quantized_in(values)
    if quantized is not None:
        return replace(quantized, handed_on=True, channels_last=None)
    known_tensor = any(True for value in values for _ in tensors_in(value))
    unknown = any(isinstance(each, Unknown) for value in values for each in options_of(value))
    return FLOAT if known_tensor and not unknown else UNKNOWN


def external_forward(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, site: Site
) -> Value:
    """What calling a module of an outside class returns."""
    if base in known.EAGER_PARTS:
        interp.flags.called_part(known.quantizes(base))
    if base in known.QUANT_STUBS:
        if interp.under_construction or layer_attributes.is_left_float(interp, instance):
            return FLOAT
        message = f"quantized here by `{arguments.spelled}`"
        made = interp.quantized(site, message, grid=grid_of(instance))
        # In the float model a stub returns what it gets.
        given = next((each for value in arguments.values() for each in tensors_in(value)), FLOAT)
        made = replace(made, storages=given.storages)
        return channels_last.quantized(arguments, made)
    if base in known.DEQUANT_STUBS:
        return channels_last.dequantized(arguments)
    if base in known.EMBEDDINGS:
        _check_embedding(interp, instance, base, arguments, site)
        return FLOAT
    if base == known.SEQUENTIAL:
        return _run_children(interp, instance, arguments, site)
    if base == known.QUANT_WRAPPER:
        message = "quantized here by the QuantWrapper"
        inputs = FLOAT if interp.under_construction else interp.quantized(site, message)
        return _run_inside(interp, instance, type(arguments)((inputs,)), site)
    if base in known.PARALLEL:
        return _run_inside(interp, instance, arguments, site, keep=True)
    if base.startswith(known.EINOPS_LAYERS):
        return _einops(interp, instance, base, arguments, site)
    return _layer(interp, instance, base, arguments, site)


def _layer(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, site: Site
) -> Value:
    """What calling a module returns that computes something."""
    _check_kernel(interp, instance, base, arguments, site)
    result = _on_grid(hand_on(arguments), instance, base)
    if _packed(base, arguments):
        return Tuple((Tuple((result, FLOAT, NONE, NONE), names=PACKED_FIELDS), UNKNOWN))
    if base in known.LSTMS:
        stubs.check_operands(interp, instance, base, arguments.values(), arguments.spelled, site)
    if interp.checked is not None:
        result = stubs.check_input(interp, instance, base, arguments, result, site)
    makes_int8 = interp.assumes_int8 and kernels.makes_int8(base)
    is_float = makes_int8 and layer_attributes.is_left_float(interp, instance)
    if makes_int8 and not is_float and result in (FLOAT, UNKNOWN):
        name = base.rpartition(".")[2]
        message = f"quantized here: a converted {name} puts out int8"
        result = interp.quantized(site, message, grid=grid_of(instance))
        result = replace(result, storages=own_storage(base))
    if base.startswith(NN) and known.is_loss(base):
        return FLOAT
    result = channels_last.after_module(interp, instance, base, arguments, result)
    return _returned(base, result)


def _packed(base: str, arguments: Arguments) -> str:
    """What a recurrent layer is handed, if that is a PackedSequence."""
    first = arguments.get(0, "input")
    is_packed = isinstance(first, Tuple) and first.names == PACKED_FIELDS
    return PACKED if is_packed and kernels.takes_packed(base) else ""


def _reparametrized(instance: Instance, base: str) -> str:
    """What a layer computes its weights by in each forward pass, if it does."""
    found = instance.slots.get(REPARAMETRIZED)
    by = found.value if isinstance(found, Constant) and kernels.is_swapped(base) else ""
    return str(by)


def _returned(base: str, result: Value) -> Value:
    """What a layer returns that puts out ``result``: some return states as well."""
    if base in known.PAIR_RETURNS:
        return Tuple((result, result))
    if base in known.LSTMS:
        return Tuple((result, Tuple((result, result))))
    return result


def _einops(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, site: Site
) -> Value:
    function = known.EINOPS_FUNCTIONS.get(base.removeprefix(known.EINOPS_LAYERS))
    if function is None:
        return hand_on(arguments)
    made = layer_attributes.arguments_of(instance)
    given = Arguments((*arguments.args[:1], *made.args), dict(made.kwargs))
    given.spelled = arguments.spelled
    return interp.call(External(function), given, site)


def _check_kernel(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, site: Site
) -> None:
    """Report a module that a converted model cannot run on int8."""
    tensor = quantized_in(arguments.values())
    if tensor is None:
        return
    cls = instance.cls.name if isinstance(instance.cls, Class) else None
    options = _options_given(instance, base)
    lost = None
    if cls is None and kernels.is_swapped(base):
        lost = lost_at(interp, Running(instance, arguments, site))
    # What convert does not swap runs as it is, as instances of derived classes do.
    stays_float = cls is not None or lost is not None
    given = _packed(base, arguments) or _reparametrized(instance, base)
    outcome = kernels.of_module(base, subclass=stays_float, options=options)
    if given:
        outcome = kernels.Outcome.FAILS
    if kernels.is_coarse(base):
        named_at = instance.named_at if cls is None else None
        report = CoarseActivation(base, arguments.spelled, site, tensor, named_at=named_at)
        interp.report(report)
    if outcome not in kernels.BAD or (cls is None and _may_be_fused(base, tensor)):
        return
    assert outcome is not None
    if lost is not None:
        report_lost(interp, lost, tensor)
        return
    spelled = arguments.spelled
    if instance.cls in interp.forwarding[-1:]:  # super().forward(x)
        if kernels.is_swapped(base):  # said where the module is called
            interp.unswapped.add(id(instance))
            return
        spelled = "self"
    option = given or (kernels.bad_option(base, options) or ("",))[0]
    named_at = instance.named_at
    interp.report(
        UnsupportedModule(spelled, base, cls, outcome, site, tensor, option, named_at=named_at)
    )


def _check_embedding(
    interp: Interpreter, instance: Instance, base: str, arguments: Arguments, site: Site
) -> None:
    """Report an embedding in a prepared model that no qconfig was chosen for: convert takes one
    kind only, and stops at any other.
    """  # noqa: D205
    if isinstance(instance.cls, Class) or "qconfig" in instance.slots or not interp.prepared:
        return
    chosen = [each.slots.get("qconfig", NONE) for each in around(instance)]
    if all(each == NONE for each in chosen) or layer_attributes.is_left_float(interp, instance):
        return
    if not layer_attributes.is_converted(interp, instance):
        return
    if any(_CHOICE in each.made_at.module.text for each in interp.prepared):
        return
    interp.report(
        UnsupportedModule(
            arguments.spelled,
            base,
            None,
            kernels.Outcome.FAILS,
            site,
            Tensor(State.FLOAT),
            QCONFIG,
            named_at=instance.named_at,
        )
    )


def report_lost(interp: Interpreter, lost: Running, tensor: Tensor) -> None:
    """Report a call of what convert does not find, which meets int8 tensors somewhere inside."""
    base = external_base(lost.instance)
    cls = lost.instance.cls.name if isinstance(lost.instance.cls, Class) else None
    spelled = lost.arguments.spelled
    if base in known.FUNCTIONALS:
        owner, _, method = spelled.rpartition(".")
        spelled = owner if method in known.FUNCTIONAL_METHODS else spelled
    tensor = quantized_in(lost.arguments.values()) or tensor
    fails = kernels.Outcome.FAILS
    named_at = lost.instance.named_at
    interp.report(
        UnsupportedModule(
            spelled, base, cls, fails, lost.site, tensor, out_of_reach=True, named_at=named_at
        )
    )


def note_options(instance: Instance, base: str, arguments: Arguments) -> None:
    """Keep the constructor's arguments on which it depends what convert makes of a module."""
    for name, position in kernels.module_options(base):
        given = arguments.get(position, name)
        if isinstance(given, Constant):
            instance.slots[f"<{name}>"] = given  # no attribute has such a name


def _options_given(instance: Instance, base: str) -> dict[str, str]:
    """The constructor's arguments that were kept."""
    kept = {name: instance.slots.get(f"<{name}>") for name, _ in kernels.module_options(base)}
    return {name: str(value.value) for name, value in kept.items() if isinstance(value, Constant)}


def _may_be_fused(base: str, tensor: Tensor) -> bool:
    """Whether a norm without a kernel directly follows a layer into which it can be fused."""
    layers = known.FUSES_WITH.get(base, frozenset())
    return any(each.made in layers for each in tensor.storages)


def grid_of(instance: Instance) -> object:
    """The grid of what an instance with an observer of its own puts out."""
    return ("module", id(instance), external_base(instance))


def _on_grid(result: Value, instance: Instance, base: str) -> Value:
    """The output of a module: on its own grid if it has an observer, on its input's if it has
    nothing to compute.
    """  # noqa: D205
    if not isinstance(result, Tensor) or not base.startswith(NN):
        return replace(result, grid=None) if isinstance(result, Tensor) else result
    storages = result.storages if base in known.SHARE_MEMORY else own_storage(base)
    if base not in known.DO_NOTHING:
        for each in storages:
            each.made = base
    result = replace(result, handed_on=False, storages=storages)
    if kernels.module_keeps_grid(base):
        return result
    if base in known.FIXED_GRID:
        return replace(result, grid=known.FIXED_GRID[base])
    # Only what is exactly of torch's class gets an observer.
    unobserved = base in known.REUSABLE or isinstance(instance.cls, Class)
    # One that stands for many, each with an observer of its own, has not one grid.
    for_many = any(MORE in owner.slots for owner in instance.owners)
    return replace(result, grid=object() if unobserved or for_many else grid_of(instance))


def _run_inside(
    interp: Interpreter, wrapper: Instance, arguments: Arguments, site: Site, *, keep: bool = False
) -> Value:
    inner = wrapper.slots.get("module", SUBMODULE)
    if _is_running(interp, wrapper):
        return UNKNOWN
    if interp.forward_depth == 0:
        _begin_pass(interp)
    interp.forward_depth += 1
    interp.running.append(Running(wrapper, arguments, site, hands_on=True))
    result = interp.call(inner, arguments, site)
    interp.running.pop()
    interp.forward_depth -= 1
    return result if keep else FLOAT


def _is_running(interp: Interpreter, instance: Instance) -> bool:
    return any(each.hands_on and each.instance is instance for each in interp.running)


def _run_children(
    interp: Interpreter, instance: Instance, arguments: Arguments, site: Site
) -> Value:
    value = arguments.args[0] if arguments.args else UNKNOWN
    # It contains itself, or it is enough.
    if _is_running(interp, instance) or interp.budget.exhausted:
        return value
    outermost = interp.forward_depth == 0
    if outermost:
        _begin_pass(interp)
        if interp.assumes_int8:
            value = interp.quantized(site, "the input of the nn.Sequential is assumed quantized")
    if not interp.under_construction:
        interp.forwarded.add(id(instance))
        if isinstance(instance.cls, Class) and (outermost or _says_what_it_gets(arguments)):
            interp.ran_forward.add(instance.cls)  # its forward is that of nn.Sequential
    interp.running.append(Running(instance, arguments, site, hands_on=True))
    interp.forward_depth += 1
    for name, child in children(instance):
        interp.budget.steps += 1
        note_taken(interp, instance, (child,))
        spelled = f"{arguments.spelled}.{name}"
        value = interp.call(child, type(arguments)((value,), spelled=spelled), site)
    interp.forward_depth -= 1
    interp.running.pop()
    return FLOAT if outermost and interp.assumes_int8 else value


def _forget_calls(interp: Interpreter, instance: Instance) -> None:
    """Forget the calls of what is in a module that may be another one than the last time."""
    parts = descendants(instance)
    interp.budget.steps += len(parts)
    for _, part in parts:
        if isinstance(part, Instance) and _CALLS in part.slots:
            interp.heap.write(part, _CALLS, Calls(interp.epoch, ()))


def count_call(interp: Interpreter, instance: Instance, arguments: Arguments, site: Site) -> bool:
    """Note a call in this forward pass; report it if the instance was called before."""
    if not arguments.definite:
        _forget_calls(interp, instance)
        return False
    if interp.forward_depth == 0 or interp.selecting:
        return False
    before = instance.slots.get(_CALLS)
    earlier: tuple[Call, ...] = ()
    excluded = False
    if isinstance(before, Calls) and before.epoch == interp.epoch:
        earlier = before.calls
        unsure_below = before.unsure_below
        deeper = unsure_below is not None and interp.heap.conditions > unsure_below
        # The same place again: a loop, whose condition is as it was the last time, as a rule.
        excluded = deeper and all(each.site != site for each in earlier)
    call = Call(site, arguments.spelled)
    interp.heap.write(instance, _CALLS, Calls(interp.epoch, (*earlier, call)))
    if not earlier or excluded or interp.repeating or not instance.attached:
        return bool(earlier)
    tensor = quantized_in(arguments.values())
    if tensor is not None:
        cls = instance.cls
        name = cls.name if isinstance(cls, Class) else canonical(cls.name)
        parts = classes_in(instance)
        interp.report(ModuleCall(site, arguments.spelled, name, parts, earlier, tensor))
    return True
