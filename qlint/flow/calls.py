"""Calling things: functions of the program inline, all else by what is known of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qlint.flow import (
    builtin_bases,
    channels_last,
    container_methods,
    einops_calls,
    enums,
    idle_code,
    module_calls,
    module_methods,
    modules,
    python_calls,
    records,
    torch_calls,
)
from qlint.flow.arguments import Arguments
from qlint.flow.containers import data_of, new_dict, new_list
from qlint.flow.events import Step
from qlint.flow.scopes import Frame, Outcome
from qlint.flow.statements import join_returned
from qlint.flow.usage import note_early_run
from qlint.flow.values import (
    NONE,
    UNKNOWN,
    BoundMethod,
    Class,
    Constant,
    ContextManager,
    Dict,
    External,
    ExternalMethod,
    Flag,
    Function,
    Instance,
    List,
    NamedTuple,
    NotTensor,
    Partial,
    Super,
    Tensor,
    Tuple,
    Union,
    Unknown,
    Value,
    join,
    options_of,
    tensors_in,
)
from qlint.semantics import modules as known
from qlint.semantics.names import canonical
from qlint.syntax import model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from qlint.flow.events import Site
    from qlint.flow.interpreter import Interpreter

_PYTHON = ("builtins.", *python_calls.MODULES)


def call(interp: Interpreter, function: Value, arguments: Arguments, site: Site) -> Value:
    """The value of calling one value (not a union)."""
    caller = _CALLERS.get(type(function))
    return UNKNOWN if caller is None else caller(interp, function, arguments, site)


def _call_bound(
    interp: Interpreter, function: BoundMethod, arguments: Arguments, site: Site
) -> Value:
    return call_function(interp, function.function, arguments.with_first(function.owner), site)


def _call_partial(
    interp: Interpreter, function: Partial, arguments: Arguments, site: Site
) -> Value:
    combined = Arguments(
        function.args + arguments.args,
        {**function.kwargs, **arguments.kwargs},
        arguments.more,
        arguments.spelled,
        arguments.frame,
    )
    return interp.call(function.function, combined, site)


def _call_unknown(
    interp: Interpreter, function: Unknown, arguments: Arguments, site: Site
) -> Value:
    builtin_bases.give_away(interp, arguments)
    if not function.submodule:
        method = arguments.spelled.rpartition(".")[2]
        channels_last.note_folding(interp, method, arguments.with_first(UNKNOWN))
        return UNKNOWN
    result = module_calls.hand_on(arguments)
    # A module of which nothing is known is a layer, as a rule, with qparams of its own.
    if isinstance(result, Tensor) and result.may_be_quantized:
        return replace(result, grid=object())
    return result


def _named_tuple(interp: Interpreter, made: NamedTuple, arguments: Arguments, site: Site) -> Value:
    defaults = dict(zip(reversed(made.names), reversed(made.defaults), strict=False))
    items = [
        arguments.get(index, name) or defaults.get(name, UNKNOWN)
        for index, name in enumerate(made.names)
    ]
    return Tuple(tuple(items), names=made.names)


def _call_external(
    interp: Interpreter, function: External, arguments: Arguments, site: Site
) -> Value:
    name = function.name
    first = arguments.args[0] if arguments.args else None
    if isinstance(first, Instance):
        base, _, method = name.rpartition(".")
        of_base = builtin_bases.is_base(base)
        bound = method in ("__init__", "forward", "__call__") or canonical(base) == known.MODULE
        if of_base and not modules.is_module(first):
            rest = arguments.without_first()
            return builtin_bases.call_method(interp, first, method, rest, site) or UNKNOWN
        if of_base or bound:
            rest = arguments.without_first()
            return module_methods.call_base_method(interp, first, base, method, rest, site)
    if name == "builtins.type.__new__" and interp.being_defined:
        return interp.being_defined[-1]
    if name.startswith(_PYTHON):
        result = python_calls.call(interp, name, arguments, site)
        if result is not None:
            return result
    if name.startswith(einops_calls.MODULE):
        return einops_calls.call(interp, name, arguments, site)
    made = _call_installed(interp, name, arguments, site)
    if made is None:
        made = torch_calls.call(interp, name, arguments, site)
        if isinstance(made, Instance) and made.named_at is None:
            made.named_at = function.at
    return made


def _call_installed(
    interp: Interpreter, name: str, arguments: Arguments, site: Site
) -> Value | None:
    """Call what an installed package makes models with; None for all else that is called.

    Where everything is assumed to be quantized, the question is what the given files do.
    """
    package = name.partition(".")[0]
    if interp.assume_quantized or package in interp.too_large:
        return None
    if not interp.project.may_be_installed(name):
        return None
    with interp.budget.allowance():
        found = interp.installed(name)
        if interp.budget.exhausted:
            interp.too_large.add(package)
        is_class = isinstance(found, Class) and modules.is_module_class(found)
        if found is None or not (is_class or isinstance(found, Function)):
            return None
        made = interp.call(found, arguments, site)
        return UNKNOWN if interp.budget.exhausted else made


def _call_method(
    interp: Interpreter, method: ExternalMethod, arguments: Arguments, site: Site
) -> Value:
    receiver = method.receiver
    instance = receiver.instance if isinstance(receiver, Super) else receiver
    if isinstance(instance, Instance):
        done = builtin_bases.call_method(interp, instance, method.name, arguments, site)
        if done is not None:
            return done
    held = data_of(receiver)
    if isinstance(held, (List, Dict, Tuple, Constant)):
        return container_methods.call_method(interp, held, method.name, arguments, site)
    if isinstance(receiver, (Tensor, Unknown)):
        return torch_calls.call_tensor_method(interp, receiver, method.name, arguments, site)
    if isinstance(receiver, Super):
        if isinstance(receiver.instance, Instance):
            base = modules.external_base(receiver.instance, after=receiver.after)
            return module_methods.call_base_method(
                interp, receiver.instance, base, method.name, arguments, site
            )
        made_by_metaclass = method.name == "__new__" and interp.being_defined
        return interp.being_defined[-1] if made_by_metaclass else UNKNOWN
    if isinstance(receiver, Function):  # __get__
        return BoundMethod(receiver, arguments.args[0]) if arguments.args else UNKNOWN
    if isinstance(receiver, Class):
        return _call_class_method(interp, receiver, method.name, arguments, site)
    if isinstance(receiver, Instance):
        of_tuple = records.named_tuple_method(receiver, method.name)
        if of_tuple is not None:
            return of_tuple(interp, arguments.with_first(receiver), site)
        if method.name in ("forward", "__call__") and modules.is_module(receiver):
            return module_calls.call_instance(interp, receiver, arguments, site)
        base = modules.external_base(receiver)
        return module_methods.call_base_method(interp, receiver, base, method.name, arguments, site)
    return UNKNOWN


def _call_class_method(
    interp: Interpreter, cls: Class, name: str, arguments: Arguments, site: Site
) -> Value:
    forward = cls.lookup("forward")
    if name == "apply" and isinstance(forward, Function):
        # A torch.autograd.Function: its context comes first, unless it is set up separately.
        if cls.lookup("setup_context") is None:
            arguments = arguments.with_first(UNKNOWN)
        return call_function(interp, forward, arguments, site)
    return new_list(cls.subclasses) if name == "__subclasses__" else UNKNOWN


def instantiate(interp: Interpreter, cls: Class, arguments: Arguments, site: Site) -> Value:
    """Make an instance of a class of the program, or find the member of an enumeration."""
    if enums.is_enum(cls):
        return enums.find(cls, arguments.args)
    instance = Instance(cls=cls)
    builtin_bases.give_data(instance, cls.external_bases)
    interp.instantiated.add(cls)
    before = len(interp.models)
    if modules.is_module(instance):
        interp.models.append(interp.model(instance, site))
    init = cls.lookup("__init__")
    if isinstance(init, Function):
        call_function(interp, init, arguments.with_first(instance), site)
    elif modules.is_module(instance):
        base = modules.external_base(instance)
        module_methods.call_base_method(interp, instance, base, "__init__", arguments, site)
    else:
        is_record = records.is_dataclass(cls)  # which may be a dict, too
        if is_record or not builtin_bases.initialize(interp, instance, arguments, site):
            records.set_fields(interp, instance, cls, arguments, site)
    if interp.budget.exhausted:  # half a model, of which nothing can be said
        interp.models[before:] = [
            each for each in interp.models[before:] if each.instance is not instance
        ]
        return UNKNOWN
    return instance


def call_function(
    interp: Interpreter,
    function: Function,
    arguments: Arguments,
    site: Site,
    *,
    at_yield: Callable[[Value], None] | None = None,
) -> Value:
    """Run a function of the program on these arguments; bounded in depth and in steps.

    One under ``contextmanager`` runs when it is entered, and does ``at_yield`` where it yields.
    """
    if function.kind == "context" and at_yield is None:
        return ContextManager(function, arguments.args, arguments.kwargs)
    if function.wrapper is not None and _is_worth_following(function, arguments):
        entered = interp.entered[function.node]
        result = interp.call(function.wrapper, arguments, site)
        # A wrapper that cannot be followed is taken to hand on what it gets; but what a method has
        # called must not count twice.
        called = function.owner is not None and interp.entered[function.node] > entered
        if called or not isinstance(result, Unknown):
            return result
    outer = interp.running_with.get(function)
    values = arguments.values()
    if outer is not None and _goes_nowhere(outer, values):
        return UNKNOWN
    is_method = function.owner is not None and function.kind != "static"
    receiver = arguments.args[0] if is_method and arguments.args else None
    if idle_code.only_looks(function, arguments):
        return NONE
    rest = arguments.args[is_method:]
    subject = rest[0] if rest and isinstance(rest[0], Instance) else None
    if subject is not None and not modules.is_module(subject):
        subject = None
    if subject is not None and idle_code.ends_at(function, subject):
        return NONE

    def run() -> Value:
        counts = outer is not None and _counts(outer, values)
        if not interp.enter(function, receiver, subject, counts=counts):
            return UNKNOWN
        interp.running_with[function] = values
        try:
            return _run(interp, function, receiver, arguments, site, at_yield)
        finally:
            interp.leave()
            if outer is None:
                del interp.running_with[function]
            else:
                interp.running_with[function] = outer

    return run() if is_method else interp.known_answers.ask(function, arguments, run)


def _is_worth_following(function: Function, arguments: Arguments) -> bool:
    """Whether what a decorator has made of a function says more than the function.

    A wrapper that hands on whatever it gets says less than the function that builds a model; but
    it may do something to tensors, and methods are often wrapped in float islands.
    """
    wrapper = function.wrapper
    looks = isinstance(wrapper, Function) and bool(wrapper.node.parameters.positional)
    tensors = any(True for each in arguments.values() for _ in tensors_in(each))
    return looks or tensors or function.owner is not None


def _goes_nowhere(outer: Sequence[Value], inner: Sequence[Value]) -> bool:
    """Whether a function calls itself with plain values of which no known one has changed.

    Nobody can say when such a recursion ends.
    """
    if outer and isinstance(outer[0], Instance) and inner:  # of a constructor that makes another
        outer, inner = outer[1:], inner[1:]
    if len(outer) != len(inner) or not inner:
        return False
    plain = (Constant, NotTensor, Unknown)
    values = (*outer, *inner)
    if not all(isinstance(each, plain) for value in values for each in options_of(value)):
        return False
    known = [(a, b) for a, b in zip(outer, inner, strict=True) if isinstance(a, Constant)]
    return all(a == b for a, b in known) and not all(isinstance(each, Constant) for each in inner)


def _counts(outer: Sequence[Value], inner: Sequence[Value]) -> bool:
    """Whether a function calls itself with a known number that is another one each time."""
    return any(
        isinstance(a, Constant) and isinstance(b, Constant) and type(b.value) is int and a != b
        for a, b in zip(outer, inner, strict=False)
    )


def _run(
    interp: Interpreter,
    function: Function,
    receiver: Value | None,
    arguments: Arguments,
    site: Site,
    at_yield: Callable[[Value], None] | None,
) -> Value:
    names = bind_parameters(function, arguments)
    if function.qualname.endswith("__init__"):
        _name_flags(interp, function, names, site)
    _extend_traces(function, names, site)
    frame = Frame(
        interp.namespace(function.module),
        names,
        parent=function.scope,
        function=function,
        receiver=receiver,
        at_yield=at_yield,
        caller=interp.frame,
        called_at=site,
        depth=interp.heap.depth,
    )
    if interp.frame is not None:
        frame.number = interp.frame.count_call(site.start)
    outer, interp.frame = interp.frame, frame
    constructs = _begin_constructor(interp, function, receiver)
    captured = _captured(interp, function)
    if captured is not None:
        interp.captured.append(captured)
    result = _run_body(interp, function, frame)
    if captured is not None:
        interp.captured.pop()
    if constructs:
        interp.under_construction.pop()
    interp.frame = outer
    if interp.copies:
        _note_kept(interp, frame, function)
    return result


def _begin_constructor(interp: Interpreter, function: Function, receiver: Value | None) -> bool:
    """Note that the constructor of a module begins to run, if that is what a function is."""
    if not isinstance(receiver, Instance) or not modules.is_module(receiver):
        return False
    if function.owner is None or not function.qualname.endswith(".__init__"):
        note_early_run(interp, function, receiver)
        return False
    interp.under_construction.append((receiver, function.owner))
    return True


def _captured(interp: Interpreter, function: Function) -> Instance | None:
    """The module that a function which its constructor has made knows as ``self``, in a forward."""
    scope = function.scope
    if scope is None or scope.function is None or not isinstance(scope.receiver, Instance):
        return None
    if interp.under_construction or not interp.forward_depth:
        return None
    return scope.receiver if scope.function.qualname.endswith(".__init__") else None


def _note_kept(interp: Interpreter, frame: Frame, function: Function) -> None:
    """Note the modules with copies that a function has made and still knows at its end."""
    given = {each.name for each in function.node.parameters.positional}
    held = {id(value) for name, value in frame.names.items() if name not in given}
    interp.kept |= held.intersection(id(source) for source, _, _ in interp.copies)


def _run_body(interp: Interpreter, function: Function, frame: Frame) -> Value:

    node = function.node
    if isinstance(node, model.Lambda):
        return interp.evaluate(node.body, frame)
    outcome = interp.execute(node.body, frame)
    falls_through = outcome is Outcome.FALLS_THROUGH
    if outcome is Outcome.RAISES and interp.trying and not frame.returns:
        interp.raised = True
    interp.rejoin(frame, frame.returns, reached=falls_through)
    if function.kind == "generator" or frame.yielded:
        return Tuple(tuple(frame.yielded), frame.yields_more or interp.budget.exhausted)
    return join_returned(frame, falls_through=falls_through)


def bind_parameters(function: Function, arguments: Arguments) -> dict[str, Value]:
    """Pair parameters with arguments as Python does, as far as they are known."""
    parameters = function.node.parameters
    positional = parameters.by_position
    kwargs = dict(arguments.kwargs)
    names: dict[str, Value] = {}
    for index, each in enumerate(positional):
        if index < len(arguments.args):
            names[each.name] = arguments.args[index]
        else:
            names[each.name] = _keyword(function, each.name, kwargs, arguments)
    for each in parameters.keyword_only:
        names[each.name] = _keyword(function, each.name, kwargs, arguments)
    if parameters.star is not None:
        rest = arguments.args[len(positional) :]
        names[parameters.star.name] = Tuple(rest, arguments.more)
    if parameters.double_star is not None:
        made = new_dict((Constant(name), value) for name, value in kwargs.items())
        made.open = arguments.more
        names[parameters.double_star.name] = made
    return names


def _name_flags(
    interp: Interpreter, function: Function, names: dict[str, Value], site: Site
) -> None:
    """Give what nothing is known of an identity, by which it is recognized in conditions.

    Each call has its own, the same whenever an entry point is run.
    """
    place = (id(function.node), site.module.path, site.start)
    key = (*place, interp.named[place])
    interp.named[place] += 1
    for name, value in names.items():
        if isinstance(value, NotTensor) and value.flag is None and value.grid is None:
            names[name] = replace(value, flag=Flag((key, name)))
        elif isinstance(value, Unknown) and not value.submodule and value.flag is None:
            names[name] = Unknown(flag=Flag((key, name)))


def _keyword(
    function: Function, name: str, kwargs: dict[str, Value], arguments: Arguments
) -> Value:
    given = kwargs.pop(name, None)
    if given is not None:
        return given
    default = function.defaults.get(name)
    if default is None:
        return UNKNOWN
    return join([default, UNKNOWN]) if arguments.more else default


def _extend_traces(function: Function, names: dict[str, Value], site: Site) -> None:
    for name, value in names.items():
        if _has_trace(value):
            message = f"passed to {function.qualname} as `{name}`"
            names[name] = _with_step(value, site, message)


def _has_trace(value: Value) -> bool:
    if isinstance(value, Union):
        return any(_has_trace(each) for each in value.options)
    return isinstance(value, Tensor) and value.trace is not None


def _with_step(value: Value, site: Site, message: str) -> Value:
    if isinstance(value, Tensor) and value.trace is not None:
        step = Step(site, message, value.trace)
        return replace(value, trace=step)
    if isinstance(value, Union):
        return Union(tuple(_with_step(each, site, message) for each in value.options))
    return value


def steps_of(tensor: Tensor) -> Iterator[Step]:
    """The stops of a quantized tensor, from where it was quantized."""
    steps: list[Step] = []
    step = tensor.trace
    while step is not None:
        steps.append(step)
        step = step.previous
    return reversed(steps)


def _call_context_manager(
    interp: Interpreter, manager: ContextManager, arguments: Arguments, site: Site
) -> Value:
    """A context manager as a decorator: the function is taken to stay what it is."""
    return arguments.args[0] if arguments.args else UNKNOWN


_CALLERS: dict[type[Value], Callable[[Interpreter, Any, Arguments, Site], Value]] = {
    Function: call_function,
    BoundMethod: _call_bound,
    Instance: module_calls.call_instance,
    Class: instantiate,
    External: _call_external,
    ExternalMethod: _call_method,
    Partial: _call_partial,
    ContextManager: _call_context_manager,
    NamedTuple: _named_tuple,
    Unknown: _call_unknown,
}
