"""Run a model on int8 tensors to its end, and note each operation that int8 cannot do.

An operation that raises on int8 tensors is done on dequantized ones instead, and its result
quantized again, so that one forward shows all of them. What a float or prepared model would do is
not guessed: a copy is prepared, calibrated on the inputs, converted and run.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
import torch.ao.nn.quantized as nnq
from torch import nn
from torch.overrides import TorchFunctionMode

from pytest_qcheck.int8_layers import (
    Parameter,
    dequantized,
    methods_take_float_inputs,
    quantized,
    restore_parameters,
    take_float_inputs,
)
from pytest_qcheck.int8_model import converted_copy, lost_observer
from pytest_qcheck.isolation import first_line, map_tensors, named_tensors, preserved_rng, run
from pytest_qcheck.raw_op import METHODS, Outcome, RawOp, called_at, raised_at, reason
from pytest_qcheck.silently_wrong import is_int8, wrong_module, wrong_result
from pytest_qcheck.stage import is_converted
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# What these make has nothing of the values of the tensor that they are given.
_CREATE = frozenset(
    "zeros_like ones_like full_like rand_like randn_like randint_like new_zeros new_ones new_full "
    "new_empty new_tensor".split()
)
_INT8_DTYPES = (torch.quint8, torch.qint8, torch.qint32)
_STUBS = (nnq.Quantize, nnq.DeQuantize)


def find_raw_ops(model: nn.Module, inputs: object) -> list[RawOp]:
    """Every raw operation of one forward in int8, in the order in which they run.

    If something ends the run early, it is the last entry, with the outcome `ends`.

    Args:
        model: a float, prepared or converted model with a QuantStub; it is copied.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.

    Raises:
        AssertionError: if the copy cannot be made, calibrated or converted.
        ValueError: if no QuantStub makes anything int8, or none runs.
    """
    __tracebackhide__ = True
    # prepare and convert make new layers, and these random weights.
    with preserved_rng(), _no_compiling(), _no_warning_of_cat():
        watch = _Int8Watch(converted_copy(model, inputs))
        run(watch.run, inputs)
    if not watch.found and not watch.quantizes:
        raise ValueError(
            f"{type(model).__name__} calls no QuantStub on these inputs, so no tensor of it "
            "becomes int8"
        )
    return watch.found


def _no_compiling() -> AbstractContextManager[object]:
    """Run compiled parts of a model as they are written: a compiler would trace us, too."""
    if "torch._dynamo" in sys.modules and hasattr(torch.compiler, "set_stance"):
        stance: AbstractContextManager[object] = torch.compiler.set_stance("force_eager")
        return stance
    return nullcontext()


@contextmanager
def _no_warning_of_cat() -> Iterator[None]:
    """What torch warns of, once in a process, is in the result; as an error it would not be."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All inputs of this cat operator must share")
        yield


class _Int8Watch(TorchFunctionMode):
    """Runs torch functions on int8 tensors, and those that fail on float ones.

    Attributes:
        found: what was noted, in order.
        quantizes: whether a QuantStub ran.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.found: list[RawOp] = []
        self.quantizes = False
        self._model = model
        self._names: dict[int, str] = {}
        self._stack: list[nn.Module] = []
        self._seen: set[tuple[str, str, int, str]] = set()
        self._replaced = 0
        # Final states of an LSTM that are wrong, with what to note if something uses them.
        self._states: list[tuple[torch.Tensor, RawOp]] = []
        self._wrong_states: RawOp | None = None
        for name, module in named_modules(model):
            self._names[id(module)] = name
            # Hooks cannot be put on TorchScript, nor anything be seen that runs in it.
            if not isinstance(module, torch.jit.ScriptModule):
                self._hook(module)

    def run(self, *args: Any, **kwargs: Any) -> None:
        """Run the model; what ends the run is noted, too."""
        try:
            with self:
                self._model(*args, **kwargs)
        except Exception as error:
            self._note_end(error)

    def _hook(self, module: nn.Module) -> None:
        if isinstance(module, nnq.QFunctional):
            methods_take_float_inputs(module)
        elif _is_int8_layer(module):
            take_float_inputs(module)
            restore_parameters(module)
        if isinstance(module, nnq.LSTM):
            module.register_forward_hook(self._keep_states)
        if isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
            self._run_in_float(module)
        wrong = wrong_module(module)
        if wrong:
            module.register_forward_pre_hook(self._noting(type(module).__name__, wrong))
        module.register_forward_pre_hook(self._enter, prepend=True)
        module.register_forward_hook(self._leave, always_call=True)

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = (*args, *kwargs.values())
        name = _name(func)
        if any(isinstance(value, Parameter) for value in given):
            return self._with_parameters(func, name, args, kwargs)
        int8 = any(is_int8(tensor) for _, tensor in named_tensors(given))
        if not int8 and not any(value in _INT8_DTYPES for value in given if _is_dtype(value)):
            return func(*args, **kwargs)
        for state, op in self._states:
            if any(tensor is state for _, tensor in named_tensors(given)):
                self._add(op)
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            result = _on_float(func, name, args, kwargs, error)
            self._note(name, "fails", reason(error))
            return result if name in _CREATE or not int8 else self._requantized(result)
        right = str(func).startswith("quantized.")  # torch.ops.quantized.cat
        wrong = wrong_result(name, args, kwargs) if int8 and not right else ""
        if wrong:
            self._note(name, "wrong", wrong)
        return result

    def _with_parameters(self, func: Any, name: str, args: Any, kwargs: Any) -> Any:
        """What takes `weight` of an int8 layer for a tensor: there it is a method."""
        result = _on_float(func, name, args, kwargs, TypeError(METHODS))
        self._note(name, "fails", METHODS)
        activations = [
            tensor
            for _, tensor in named_tensors((args, kwargs))
            if is_int8(tensor) and not isinstance(tensor, Parameter)
        ]
        return self._requantized(result) if activations else result

    def _requantized(self, result: Any) -> Any:
        # Two quantizers hardly ever have exactly the same scale, whatever they see.
        self._replaced += 1
        stretch = 1 + 1e-4 * self._replaced
        return map_tensors(result, lambda tensor: quantized(tensor, stretch))

    def _keep_states(self, _module: nn.Module, _args: Any, output: Any) -> None:
        if self._wrong_states is not None:
            states = [tensor for _, tensor in named_tensors(output[1])]
            self._states += [(state, self._wrong_states) for state in states]
            self._wrong_states = None

    def _note(self, name: str, outcome: Outcome, why: str) -> None:
        place = called_at(stop=_Int8Watch.run.__code__)
        module = self._stack[-1] if self._stack else self._model
        within = place.within
        # convert leaves an observer only where it cannot reach the layer: in torch.compile.
        if within.endswith(("Observer", "FakeQuantize")):
            return
        layer = next((each for each in self._stack if _is_int8_layer(each)), None)
        if layer is not None and within:
            # What torch's own int8 layer does inside is one thing for those who call it.
            module, within = layer, type(layer).__name__
            name, why = within, why if name == within else f"its {name}: {why}"
        op = RawOp(
            name=name,
            file=place.file,
            line=place.line,
            end_line=place.end_line,
            module=self._names[id(module)],
            outcome=outcome,
            reason=why,
            within=within,
        )
        if outcome == "wrong" and self._stack and isinstance(self._stack[-1], nnq.LSTM):
            # Layers and their outputs are modules inside; what it does itself are final states.
            self._wrong_states = op
        else:
            self._add(op)

    def _note_end(self, error: Exception) -> None:
        place = raised_at(error)
        self._add(
            RawOp(
                name=getattr(error, "qcheck_operation", ""),
                file=place.file,
                line=place.line,
                end_line=place.end_line,
                module=getattr(error, "qcheck_module", ""),
                outcome="ends",
                reason=f"{type(error).__name__}: {first_line(error)}",
                within=place.within,
            )
        )

    def _add(self, op: RawOp) -> None:
        key = (op.name, op.file, op.line, op.module)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(op)

    def _noting(self, name: str, why: str) -> Callable[..., None]:
        def note(_module: nn.Module, _args: Any) -> None:
            self._note(name, "wrong", why)

        return note

    def _run_in_float(self, module: nn.Module) -> None:
        """A recurrent layer that convert left float looks at dtypes itself: it is one operation."""
        name = type(module).__name__
        replaced: list[bool] = []

        def before(_module: nn.Module, args: Any, kwargs: Any) -> Any:
            replaced.append(any(is_int8(tensor) for _, tensor in named_tensors((args, kwargs))))
            if replaced[-1]:
                self._note(name, "fails", "no int8 form: convert leaves it float")
                return map_tensors((args, kwargs), dequantized)
            if lost_observer(module):
                self._note(name, "fails", "calibration fails: its observer gets a tuple")
            return None

        def after(_module: nn.Module, _args: Any, output: Any) -> Any:
            return self._requantized(output) if replaced.pop() else None

        module.register_forward_pre_hook(before, with_kwargs=True)
        module.register_forward_hook(after)

    def _enter(self, module: nn.Module, _args: Any) -> None:
        self._stack.append(module)
        self.quantizes = self.quantizes or isinstance(module, nnq.Quantize)

    def _leave(self, module: nn.Module, _args: Any, _output: Any) -> None:
        """Called on errors, too, which the code outside may catch and go on."""
        error = sys.exc_info()[1]
        if error is not None and not hasattr(error, "qcheck_module"):
            error.qcheck_module = self._names[id(module)]  # type: ignore[attr-defined]
        if module in self._stack:
            while self._stack.pop() is not module:
                pass


def _is_int8_layer(module: nn.Module) -> bool:
    return is_converted(module) and not isinstance(module, _STUBS)


def _name(func: Any) -> str:
    """`add` of `add_`, `__iadd__` and `aten.add.Tensor`; the property's name of a property."""
    name = getattr(func, "__name__", str(func))
    if name in ("__get__", "__set__"):
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    if isinstance(func, torch._ops.OpOverload):
        name = name.partition(".")[0]
    return str(name.strip("_"))


def _is_dtype(value: object) -> bool:
    return isinstance(value, torch.dtype)


def _on_float(func: Any, name: str, args: Any, kwargs: Any, error: Exception) -> Any:
    """What an operation gives for float tensors in the place of int8 ones.

    Raises:
        Exception: `error`, which it raised on int8 tensors, if it fails on float ones, too.
    """

    def as_float(value: Any) -> Any:
        if _is_dtype(value) and value in _INT8_DTYPES and not name.startswith("quantize"):
            return torch.float32
        made = map_tensors(value, dequantized)
        # Int8 convolutions put out channels last, float ones in the format of their input.
        is_view = name == "view" and isinstance(made, torch.Tensor)
        return made.contiguous() if is_view else made

    try:
        return func(
            *(as_float(value) for value in args),
            **{key: as_float(value) for key, value in kwargs.items()},
        )
    except Exception:
        error.qcheck_operation = name  # type: ignore[attr-defined]
        raise error from None
