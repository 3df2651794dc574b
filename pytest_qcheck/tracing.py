"""What ran on what in one forward: modules and torch functions in order, with their tensors.

A tensor is followed by its identity and its version, so that an in-place ReLU, which
returns the tensor it was given, still gives a new value. Layers of torch (`nn.Conv2d`,
fused and quantized layers, FloatFunctional) are single steps; containers and modules of
the user are looked into.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.ao.quantization import QuantWrapper
from torch.overrides import TorchFunctionMode

from pytest_qcheck.classes import FUNCTIONAL_METHODS, FUNCTIONALS
from pytest_qcheck.isolation import copy_model, named_tensors, run
from pytest_qcheck.quantizers import find_quantizers
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Value = tuple[int, int]
"""A tensor's identity and version: one value that a tensor object held."""

_CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
_IGNORED_DIRECTORIES = (
    f"{Path(torch.__file__).parent}{os.sep}",
    f"{Path(__file__).parent}{os.sep}",
)


@dataclass(eq=False)
class Step:
    """One call in a forward.

    Attributes:
        name: dotted name of the module; the function's name for a torch function.
        module: the module that ran, None for a torch function.
        function: the function that ran; a method's name for a FloatFunctional.
        place: `file:line` of the user's code that called it.
        callers: the steps inside which this one ran, outermost first.
        inputs: values that went in.
        outputs: values that came out.
    """

    name: str
    module: nn.Module | None
    callers: tuple[Step, ...]
    function: Callable[..., Any] | str | None = None
    place: str = ""
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)

    @property
    def label(self) -> str:
        """How a message names this step."""
        if self.module is not None:
            return f"{self.name}.{self.function}" if self.function else self.name
        return f"{self.name}() at {self.place}"


@dataclass(eq=False)
class Trace:
    """All steps of one forward, in the order in which they began.

    `steps` are single steps only: layers, FloatFunctional methods and torch functions.
    `calls` are all module calls, containers and modules of the user included.
    """

    steps: list[Step]
    calls: list[Step]
    names: dict[int, str]
    returned: set[Value]
    inputs: set[Value]
    _kept: list[torch.Tensor]

    def producers(self) -> dict[Value, Step]:
        """For each value the step that made it; an Identity does not make one."""
        return {
            value: step
            for step in self.steps
            if not is_identity(step.module)
            for value in step.outputs
            if value not in step.inputs
        }

    def consumers(self) -> dict[Value, list[Step]]:
        """For each value the steps that read it, Identities left out."""
        readers: dict[Value, list[Step]] = defaultdict(list)
        for step in self.steps:
            if not is_identity(step.module):
                for value in dict.fromkeys(step.inputs):
                    readers[value].append(step)
        return readers


def is_identity(module: nn.Module | None) -> bool:
    """Whether `module` is exactly `nn.Identity`."""
    return type(module) is nn.Identity


def trace(model: nn.Module, inputs: object) -> Trace:
    """Run a copy of `model` once in eval mode and record what ran on what.

    Raises:
        AssertionError: if the model cannot be copied or its forward raises.
        TypeError: for inputs of another kind than tensor, tuple or dict.
    """
    __tracebackhide__ = True
    recorder = _Recorder(copy_model(model))
    output = run(recorder.entry, inputs)
    return recorder.finish(output)


class _Recorder:
    """Hooks on every module of a model, and a torch-function mode for the rest."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.names: dict[int, str] = {}
        self.steps: list[Step] = []
        self.calls: list[Step] = []
        self.stack: list[Step] = []
        # Tensors stay alive until the end, or an identity could be used twice.
        self.kept: list[torch.Tensor] = []
        self.inputs: set[Value] = set()
        hidden = {
            id(module)
            for quantizer in find_quantizers(model)
            for module in quantizer.module.modules()
        }
        for name, module in named_modules(model):
            self.names[id(module)] = name
            if isinstance(module, FUNCTIONALS):
                hidden |= {id(child) for child in module.children()}
                self._wrap_functional(module)
            elif id(module) not in hidden:
                module.register_forward_pre_hook(self._enter, with_kwargs=True, prepend=True)
                module.register_forward_hook(self._leave, with_kwargs=True)

    def entry(self, *args: Any, **kwargs: Any) -> Any:
        """Run the model while watching torch functions."""
        self.inputs = set(self.values((args, kwargs)))
        try:
            with _FunctionWatch(self):
                return self.model(*args, **kwargs)
        except Exception as error:
            if self.stack and self.stack[-1].name:
                error.qcheck_module = self.stack[-1].name  # type: ignore[attr-defined]
            raise

    def finish(self, output: object) -> Trace:
        return Trace(
            steps=self.steps,
            calls=self.calls,
            names=self.names,
            returned=set(self.values(output)),
            inputs=self.inputs,
            _kept=self.kept,
        )

    def inside_layer(self) -> bool:
        return any(_is_layer(caller.module) for caller in self.stack)

    def function_called(
        self, function: Callable[..., Any], inputs: list[Value], output: object
    ) -> None:
        step = Step(getattr(function, "__name__", str(function)), None, tuple(self.stack))
        step.function, step.place = function, _user_line()
        step.inputs, step.outputs = inputs, self.values(output)
        self.steps.append(step)

    def begin(self, module: nn.Module, inputs: object, method: str | None = None) -> None:
        step = Step(self.names[id(module)], module, tuple(self.stack), method)
        step.inputs, step.place = self.values(inputs), _user_line()
        self.calls.append(step)
        if _is_layer(module) and not self.inside_layer():
            self.steps.append(step)
        self.stack.append(step)

    def end(self, module: nn.Module, output: object) -> None:
        # A forward that catches its submodule's exception leaves calls that never ended.
        while self.stack[-1].module is not module:
            self.stack.pop()
        self.stack.pop().outputs = self.values(output)

    def _enter(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        self.begin(module, (args, kwargs))

    def _leave(self, module: nn.Module, _args: Any, _kwargs: Any, output: Any) -> None:
        self.end(module, output)

    def _wrap_functional(self, module: nn.Module) -> None:
        """FloatFunctional is used through its methods, which run no forward hooks."""

        def wrap(method: str) -> Callable[..., Any]:
            original = getattr(module, method)

            def wrapped(*args: Any, **kwargs: Any) -> Any:
                self.begin(module, (args, kwargs), method)
                output = original(*args, **kwargs)
                self.end(module, output)
                return output

            return wrapped

        for method in FUNCTIONAL_METHODS:
            if hasattr(module, method):
                object.__setattr__(module, method, wrap(method))

    def values(self, value: object) -> list[Value]:
        tensors = [tensor for _, tensor in named_tensors(value)]
        self.kept += tensors
        return [(id(tensor), tensor._version) for tensor in tensors]


class _FunctionWatch(TorchFunctionMode):
    """Records torch functions and tensor methods that are called outside layers."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if self.recorder.inside_layer():
            return func(*args, **kwargs)
        inputs = self.recorder.values((args, kwargs))
        output = func(*args, **kwargs)
        # What gives no tensor (`x.shape`, `x.size(0)`) does not use the values.
        if inputs and any(True for _ in named_tensors(output)):
            self.recorder.function_called(func, inputs, output)
        return output


def _is_layer(module: nn.Module | None) -> bool:
    """Whether a module is one step: a layer that torch defines, not a container."""
    if module is None:
        return False
    if isinstance(module, FUNCTIONALS):
        return True
    if type(module) in _CONTAINERS or isinstance(module, QuantWrapper):
        return False
    return type(module).__module__.startswith(("torch.nn.", "torch.ao."))


def _user_line() -> str:
    """`file:line` of the innermost frame that belongs neither to torch nor to us."""
    for frame in _frames():
        path = frame.f_code.co_filename
        if not path.startswith(_IGNORED_DIRECTORIES):
            return f"{_short(path)}:{frame.f_lineno}"
    return "?"


def _frames() -> Iterator[Any]:
    frame = sys._getframe(3)
    while frame is not None:
        yield frame
        frame = frame.f_back  # type: ignore[assignment]


@cache
def _short(path: str) -> str:
    relative = os.path.relpath(path) if Path(path).is_absolute() else path
    return path if relative.startswith("..") else relative
