"""Calling what torch and other outside packages export, by the tables of ``qlint.semantics``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qlint.flow import dtypes, module_methods, modules
from qlint.flow.channels_last import after_operation, dequantized
from qlint.flow.containers import iterate, known_items, new_dict, new_list
from qlint.flow.events import Operation
from qlint.flow.operators import binary, is_beyond_grids, quantized_result, report_unsupported
from qlint.flow.usage import note_tensors, note_writing, own_storage
from qlint.flow.values import (
    FLOAT,
    NONE,
    NOT_TENSOR,
    UNKNOWN,
    Constant,
    External,
    Instance,
    NotTensor,
    State,
    Storage,
    Tensor,
    Tuple,
    Unknown,
    Value,
    common_grid,
    is_surely_no_tensor,
    options_of,
    quantized_in,
    tensors_in,
    verdict,
)
from qlint.semantics import int8_tensors, kernels
from qlint.semantics import modules as known
from qlint.semantics.names import (
    FUNCTIONAL,
    NN,
    QUANTIZATION,
    SEQUENCES,
    canonical,
    looks_like_class,
    may_be_module_class,
)
from qlint.semantics.operations import (
    BOUNDED,
    DTYPE,
    DTYPE_ARGUMENT,
    FILL,
    FILLS,
    FIXED_GRID,
    FLOAT_ARGUMENTS,
    IN_PLACE_AT,
    INTEGER_CASTS,
    INTEGER_DTYPES,
    KEEP_GRID,
    LIKE,
    LIKE_FUNCTIONS,
    LIKE_METHODS,
    NEW_TENSORS,
    OPERATOR_METHODS,
    PACKED_FIELDS,
    PAIR_WITH_DIM,
    SHARE_MEMORY,
    TAKE_FLOAT_DTYPE,
    Op,
    Result,
    op_of,
    result_of,
)

if TYPE_CHECKING:
    from qlint.flow.arguments import Arguments
    from qlint.flow.events import Form, Site
    from qlint.flow.interpreter import Interpreter

_TENSOR_METHODS = "torch.Tensor."
# Questions about how the code is being run, and the answers while an int8 model is in use.
_ANSWERS: dict[str, object] = {"torch._C._get_tracing_state": None} | dict.fromkeys(
    "torch.jit.is_scripting torch.jit.is_tracing torch.onnx.is_in_onnx_export "
    "torch.compiler.is_compiling torch.compiler.is_dynamo_compiling torch._dynamo.is_compiling "
    "torch.fx._symbolic_trace.is_fx_tracing torch.overrides.has_torch_function "
    "torch.overrides.has_torch_function_unary torch.overrides.has_torch_function_variadic "
    "torch.is_autocast_enabled torch.is_autocast_cpu_enabled torch.jit._trace.is_tracing".split(),
    False,
)
_RETURN_FIRST = frozenset(
    "torch.fx.symbolic_trace torch._export.capture_pre_autograd_graph torch.jit.script "
    "torch.jit.trace torch.compile torch.jit.freeze torch.jit.optimize_for_inference "
    "torch.nn.init.trunc_normal_".split()
) | frozenset(
    QUANTIZATION + name
    for name in ("fuse_modules", "fuse_modules_qat", "propagate_qconfig_", "swap_module")
)
_PARAMETER_CONTAINERS = frozenset({NN + "ParameterList", NN + "ParameterDict"})
_TENSOR_CLASSES = frozenset({NN + "Parameter", NN + "Buffer", NN + "UninitializedParameter"})
_CHECKPOINT_OPTIONS = frozenset(
    {"use_reentrant", "preserve_rng_state", "context_fn", "determinism_check", "debug"}
)
# With a second tensor these are other operations.
_TWO_TENSORS = {"max": "maximum", "min": "minimum"}
# Method names that other objects than tensors have too.
_AMBIGUOUS_METHODS = frozenset({"add", "sub", "split", "index", "sort", "dot"})


def call(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Value:
    """Call an outside function or class by its dotted name."""
    if name in _ANSWERS:
        return Constant(_ANSWERS[name])
    name = canonical(name)
    if name in known.EAGER_STEPS:
        return _eager_step(interp, arguments, site)
    package, _, short = name.rpartition(".")
    if short in known.GRAPH_STEPS and package.partition(".")[0] in ("torch", "torchao"):
        interp.graph_models |= {each.cls for each in _model(arguments)}
        return UNKNOWN
    if name in known.EXPORTS:
        return module_methods.export(arguments.get(0, "mod"))
    if name == "torch.device":
        return _device(arguments)
    if name == "torch.jit.annotate" and len(arguments.args) == 2:
        return arguments.args[1]
    if name in _RETURN_FIRST:
        first = arguments.args[0] if arguments.args else arguments.kwargs.get("model")
        return UNKNOWN if first is None else first
    if name.startswith("torch.utils.checkpoint."):
        return _checkpoint(interp, name, arguments, site)
    if name.startswith(_TENSOR_METHODS) and arguments.args:
        method = name.removeprefix(_TENSOR_METHODS)
        rest = arguments.without_first()
        return call_tensor_method(interp, arguments.args[0], method, rest, site)
    if looks_like_class(name):
        return _construct(interp, name, arguments, site)
    if name.startswith("torch."):
        return _function(interp, name, arguments, site)
    return UNKNOWN


def _construct(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Value:
    if name in _TENSOR_CLASSES or (name.startswith("torch.") and name.endswith("Tensor")):
        return FLOAT
    if name == "torch.Size":
        return arguments.args[0] if arguments.args else Tuple(())
    if name in _PARAMETER_CONTAINERS:
        return _parameters(interp, arguments, as_list=name.endswith("List"))
    if may_be_module_class(name):
        return module_methods.construct(interp, name, arguments, site)
    return UNKNOWN


def _parameters(interp: Interpreter, arguments: Arguments, *, as_list: bool) -> Value:
    """A list or dict of parameters, which is no more than that: they take no part in convert."""
    given = arguments.args[0] if arguments.args else Tuple(())
    items, more = known_items(interp, given)
    if as_list:
        return new_list([FLOAT for _ in items], more=more)
    made = new_dict((key, FLOAT) for key in items if isinstance(key, Constant))
    made.open = more or len(made.slots) < len(items)
    return made


def _eager_step(interp: Interpreter, arguments: Arguments, site: Site) -> Value:
    interp.prepared += [interp.model(each, site) for each in _model(arguments)]
    return arguments.get(0, "model") or arguments.kwargs.get("module", UNKNOWN)


def _reparametrize(interp: Interpreter, short: str, arguments: Arguments) -> Value:
    """Note that a layer computes its weights from others, or that it no longer does."""
    layer = arguments.get(0, "module") or UNKNOWN
    for each in options_of(layer):
        if isinstance(each, Instance):
            interp.heap.write(each, modules.REPARAMETRIZED, Constant(known.REPARAMETRIZED[short]))
    return layer


def _model(arguments: Arguments) -> list[Instance]:
    model = arguments.get(0, "model") or arguments.kwargs.get("module", UNKNOWN)
    return modules.modules_in(model)


def _checkpoint(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Value:
    if name.endswith("checkpoint_sequential"):
        functions, value = arguments.get(0, "functions"), arguments.get(2, "input")
        result = UNKNOWN if value is None else value
        for function in iterate(interp, functions) if functions is not None else ():
            result = interp.call(function, type(arguments)((result,)), site)
        return result
    if not arguments.args:
        return UNKNOWN
    inner = arguments.without_first()
    inner.kwargs = {k: v for k, v in inner.kwargs.items() if k not in _CHECKPOINT_OPTIONS}
    inner.spelled = ""
    return interp.call(arguments.args[0], inner, site)


def _function(interp: Interpreter, name: str, arguments: Arguments, site: Site) -> Value:
    short = name.rpartition(".")[2]
    if name == "torch.is_tensor" and len(arguments.args) == 1:
        return _is_tensor(arguments.args[0])
    if name.startswith("torch.nn.utils.") and short in known.REPARAMETRIZED:
        return _reparametrize(interp, short, arguments)
    namespace = name.removesuffix(short)
    if namespace not in ("torch.", FUNCTIONAL, "torch._C._nn.", "torch.fft.", SEQUENCES):
        return UNKNOWN
    family = op_of(short)
    values = arguments.values()
    if short == "einsum" and _only_permutes(arguments):
        return _result(interp, "permute", values, arguments, site)
    if family is not None:
        _report(interp, family, "function", arguments.spelled, site, values)
    elif _check_kernel(interp, short, namespace, arguments, arguments.spelled, site):
        if namespace == "torch.fft.":  # complex numbers are never int8
            return FLOAT
        return _on_new_grid(_result(interp, short, values, arguments, site))
    _check_dtype(interp, short, arguments, arguments.spelled, site)
    return _result(interp, short, values, arguments, site)


def _only_permutes(arguments: Arguments) -> bool:
    """Whether an einsum only reorders the dimensions of one tensor, which int8 tensors bear."""
    equation = arguments.args[0] if arguments.args else UNKNOWN
    if len(arguments.args) != 2 or not isinstance(equation, Constant):
        return False
    before, arrow, after = str(equation.value).replace(" ", "").partition("->")
    return bool(arrow) and "," not in before and sorted(before) == sorted(after)


def _is_tensor(value: Value) -> Value:
    answers = {
        None if isinstance(each, Unknown) else isinstance(each, Tensor)
        for each in options_of(value)
    }
    answer = answers.pop() if len(answers) == 1 else None
    return verdict(answer)


def call_tensor_method(
    interp: Interpreter, receiver: Value, name: str, arguments: Arguments, site: Site
) -> Value:
    """Call a method of a tensor, or of something that may be one."""
    if isinstance(receiver, Unknown) and name in _AMBIGUOUS_METHODS:
        return UNKNOWN
    if name in OPERATOR_METHODS and arguments.args:
        op, other = OPERATOR_METHODS[name], arguments.args[0]
        return binary(interp, op, receiver, other, site, "method", f".{name}()")
    family = op_of(name)
    values = (receiver, *arguments.values())
    likes = name in LIKE_METHODS and receiver == FLOAT
    if family is not None:
        _report(interp, family, "method", f".{name}()", site, values)
    elif likes and (like := quantized_in(arguments.args)) is not None:
        kind = name if name == "copy_" else LIKE
        report_unsupported(interp, kind, f".{name}()", kernels.Outcome.FAILS, site, like)
        return FLOAT
    elif isinstance(receiver, Tensor):
        whole = arguments.with_first(receiver)
        if _check_kernel(interp, name, _TENSOR_METHODS, whole, f".{name}()", site):
            return _on_new_grid(_result(interp, name, (receiver,), whole, site))
        _check_dtype(interp, name, whole, f".{name}()", site)
    writes = family is not None and family is not Op.RELU and name.endswith("_")
    if family is None or family is Op.RELU:
        values = (receiver,)
    result = _result(interp, name, values, arguments.with_first(receiver), site)
    if writes and isinstance(result, Tensor) and result.may_be_quantized:
        result = replace(result, storages=own_storage())
        note_writing(interp, site, receiver, result)
    return result


def _report(
    interp: Interpreter,
    family: Op,
    form: Form,
    spelled: str,
    site: Site,
    values: tuple[Value, ...],
) -> None:
    note_tensors(interp, site, values)
    tensor = quantized_in(values)
    if tensor is None:
        return
    with_scalar = family not in (Op.CAT, Op.RELU, Op.MATMUL) and any(
        is_surely_no_tensor(each) for each in values[:2]
    )
    grid = common_grid(values)
    interp.report(Operation(family, form, spelled, site, values, tensor, with_scalar, grid))


def _check_kernel(
    interp: Interpreter,
    short: str,
    namespace: str,
    arguments: Arguments,
    spelled: str,
    site: Site,
) -> bool:
    """Report an operation on a quantized tensor for which there is no int8 kernel."""
    values = arguments.values()
    note_tensors(interp, site, values)
    tensor = quantized_in(values)
    if tensor is None or (short == "type" and not _is_dtype(arguments.get(1, "dtype"))):
        return False
    if short in _TWO_TENSORS and len(values) > 1 and isinstance(values[1], Tensor):
        short = _TWO_TENSORS[short]

    def option(which: kernels.Option) -> str | None:
        name, position = which
        value = arguments.get(position, name)
        if short == "to" and not _is_dtype(value):  # `x.to(device, dtype)`
            value = arguments.get(position + 1, name)
        if value is None:
            return None if arguments.more else ""
        if isinstance(value, External):
            return value.name
        return str(value.value) if isinstance(value, Constant) else None

    if short in NEW_TENSORS and _is_dtype(arguments.kwargs.get("dtype")):
        return False  # of that dtype, whatever the tensor is
    outcome = kernels.of_operation(short, namespace, option)
    if _spoils_kernel(short, arguments):
        outcome = kernels.Outcome.FAILS
    elif outcome not in kernels.BAD and _fills_beyond(short, arguments):
        short, outcome = FILL, kernels.Outcome.WRONG
    report_unsupported(interp, short, spelled, outcome, site, tensor, values)
    return outcome is kernels.Outcome.FAILS


def _check_dtype(
    interp: Interpreter, short: str, arguments: Arguments, spelled: str, site: Site
) -> None:
    """Report an operation without int8 tensors that is given the dtype of one."""
    if short not in TAKE_FLOAT_DTYPE or quantized_in(arguments.values()) is not None:
        return
    given = arguments.kwargs.get("dtype")
    if given is None and short in DTYPE_ARGUMENT:
        given = arguments.get(DTYPE_ARGUMENT[short], "type")
    if isinstance(given, External) and given.of is not None:
        report_unsupported(interp, DTYPE, spelled, kernels.Outcome.FAILS, site, given.of)


def _spoils_kernel(short: str, arguments: Arguments) -> bool:
    """Whether an argument keeps an operation that has a kernel from running on int8."""
    if short in FLOAT_ARGUMENTS:
        name, position = FLOAT_ARGUMENTS[short]
        given = arguments.get(position, name)
        return given is not None and quantized_in([given]) is not None
    if short in BOUNDED:
        return any(isinstance(bound, Tensor) for bound in _bounds(arguments))
    if short == "interpolate" and arguments.get(6, "antialias") == Constant(True):
        return True
    if short in LIKE_METHODS and short != "copy_":
        return arguments.get(1, "other") == FLOAT
    return short in LIKE_FUNCTIONS and _is_dtype(arguments.kwargs.get("dtype"))


def _bounds(arguments: Arguments) -> list[Value]:
    """All that a call gets but the tensor."""
    by_keyword = "input" in arguments.kwargs
    rest = arguments.args if by_keyword else arguments.args[1:]
    return [*rest, *(value for name, value in arguments.kwargs.items() if name != "input")]


def _fills_beyond(short: str, arguments: Arguments) -> bool:
    """Whether an operation writes a number that lies beyond the grid of any tensor."""
    name, position = FILLS.get(short.removesuffix("_"), ("", 0))
    return is_beyond_grids(arguments.get(position, name)) if name else False


def _is_integer_cast(short: str, arguments: Arguments) -> bool:
    """Whether an operation makes whole numbers of any tensor."""
    if short in INTEGER_CASTS:
        return True
    by_keyword = arguments.kwargs.get("dtype")
    dtype = arguments.get(1, "dtype") if short in ("to", "type") else by_keyword
    return isinstance(dtype, External) and dtype.name.rpartition(".")[2] in INTEGER_DTYPES


def _is_dtype(value: Value | None) -> bool:
    """Whether a value is a dtype that is spelled out, and none of the quantized ones."""
    if isinstance(value, Constant):
        return isinstance(value.value, str) and "Tensor" in value.value
    return isinstance(value, External) and not value.name.startswith("torch.q")


def _on_new_grid(value: Value) -> Value:
    """What an operation returns that had to be done on float tensors."""
    return replace(value, grid=object()) if isinstance(value, Tensor) else value


def _result(
    interp: Interpreter,
    short: str,
    values: tuple[Value, ...],
    arguments: Arguments,
    site: Site,
) -> Value:
    result = result_of(short)
    answer = _answer_of_int8(short, arguments)
    if answer is not None:
        return answer
    if short == "dequantize":
        return dequantized(arguments)
    if short == "size" and len(arguments.args) == 1:
        return Tuple((NOT_TENSOR,), open=True)
    if result is Result.NOT_TENSOR:
        return NotTensor(common_grid(values)) if short == "q_scale" else NOT_TENSOR
    if result is Result.FLOAT or _is_integer_cast(short, arguments):
        return replace(FLOAT, dtype=dtypes.of_call(short, values, arguments))
    if result is Result.QUANTIZED:
        scale = arguments.get(1, "scale")
        grid = scale.grid if isinstance(scale, NotTensor) else None
        return interp.quantized(site, f"quantized here by `{arguments.spelled}`", grid)
    tensor = _state_of(values)
    if isinstance(tensor, Tensor):
        shares = short in SHARE_MEMORY or short.endswith("_") or _is_in_place(short, arguments)
        storages = tensor.storages if shares else own_storage()
        out = arguments.kwargs.get("out")
        storages = storages if out is None else _storages_in(out)
        grid = _grid_after(short, tensor, values)
        tensor = replace(tensor, grid=grid, handed_on=False, storages=storages)
        if tensor == FLOAT:
            tensor = replace(tensor, dtype=dtypes.of_call(short, values, arguments))
    tensor = after_operation(interp, short, arguments, site, tensor)
    if result is Result.PIECES:
        return _pieces(interp, short, tensor, arguments)
    pair = short in PAIR_WITH_DIM and _has_dim(arguments)
    if pair or result is Result.VALUES_AND_INDICES:
        return Tuple((tensor, FLOAT), names=("values", "indices"))
    if result is Result.PACKED:
        return Tuple((tensor, FLOAT, NONE, NONE), names=PACKED_FIELDS)
    return tensor


def _device(arguments: Arguments) -> Value:
    name, index = arguments.get(0, "type"), arguments.get(1, "index") or NONE
    if not (isinstance(name, Constant) and isinstance(index, Constant)):
        return NOT_TENSOR
    made = int8_tensors.device(name.value, index.value)
    return NOT_TENSOR if made is None else Constant(made)


def _answer_of_int8(short: str, arguments: Arguments) -> Constant | None:
    """What an int8 tensor says when it is asked what kind of tensor it is."""
    if short not in int8_tensors.METHODS or len(arguments.values()) != 1:
        return None
    tensor = arguments.args[0] if arguments.args else None
    is_int8 = isinstance(tensor, Tensor) and tensor.state is State.QUANTIZED
    return Constant(int8_tensors.METHODS[short]) if is_int8 else None


def _grid_after(short: str, tensor: Tensor, values: tuple[Value, ...]) -> object:
    if short in KEEP_GRID or kernels.operation_keeps_grid(short):
        return tensor.grid
    if op_of(short) is Op.CAT:  # what is joined takes the scale of the first
        first = next((each for value in values[:1] for each in tensors_in(value)), None)
        return None if first is None else first.grid
    return FIXED_GRID.get(short, object())


def _state_of(values: tuple[Value, ...]) -> Value:
    quantized = quantized_in(values)
    if quantized is not None:
        return quantized
    if any(True for value in values for _ in tensors_in(value)) and not any(
        isinstance(each, Unknown) for value in values for each in options_of(value)
    ):
        return FLOAT
    return quantized_result(values)


def _is_in_place(short: str, arguments: Arguments) -> bool:
    given = arguments.kwargs.get("inplace")
    if given is None and short in IN_PLACE_AT:
        given = arguments.get(IN_PLACE_AT[short], "inplace")
    return given is not None and given != Constant(False)


def _storages_in(value: Value) -> frozenset[Storage]:
    """Where the one tensor lies that is in a value; nowhere known if it is not one."""
    tensors = list(tensors_in(value))
    return tensors[0].storages if len(tensors) == 1 else frozenset()


def _has_dim(arguments: Arguments) -> bool:
    if "dim" in arguments.kwargs:
        return True
    return len(arguments.args) > 1 and is_surely_no_tensor(arguments.args[1])


def _pieces(interp: Interpreter, short: str, tensor: Value, arguments: Arguments) -> Value:
    count = arguments.get(1, "chunks")
    if short in ("chunk", "unsafe_chunk") and isinstance(count, Constant):
        if isinstance(count.value, int) and 0 < count.value <= 16:
            return Tuple((tensor,) * count.value)
    elif short in ("split", "split_with_sizes") and count is not None:
        sizes, more = known_items(interp, count)
        if sizes and not more and all(isinstance(each, Constant) for each in sizes):
            return Tuple((tensor,) * len(sizes))
    elif short == "broadcast_tensors":
        return Tuple(arguments.args)
    return Tuple((tensor,), open=True)
