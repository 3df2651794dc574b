"""Run a model without leaving a trace in it: on a copy, with RNG and modes restored.

Every assertion that needs a forward goes through here, so that what is handed in stays
as it was, on success and on failure.
"""

from __future__ import annotations

import copy
import dataclasses
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from pytest_qcheck.messages import count, failure
from pytest_qcheck.wrappers import named_modules, unwrap

_LONGEST = 200

Inputs = torch.Tensor | tuple[Any, ...] | dict[str, Any]


def check_model(model: object, argument: str = "model") -> nn.Module:
    """`model` without data-parallel and compile wrappers.

    Raises:
        TypeError: if it is no `nn.Module`.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"{argument} must be a torch.nn.Module, got {type(model).__name__}")
    return unwrap(model)


def as_call(inputs: object) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """`inputs` as positional and keyword arguments.

    Raises:
        TypeError: if `inputs` is neither a tensor, a tuple nor a dict with string keys.
    """
    if isinstance(inputs, torch.Tensor):
        return (inputs,), {}
    if isinstance(inputs, tuple):
        return inputs, {}
    got = type(inputs).__name__
    if isinstance(inputs, dict):
        strange = [key for key in inputs if not isinstance(key, str)]
        if not strange:
            return (), inputs
        got = f"a dict with the key {strange[0]!r}, which is no string"
    raise TypeError(
        "inputs must be a tensor, a tuple of positional arguments or a dict of keyword "
        f"arguments, got {got}"
    )


def copy_model(model: nn.Module, *, eval_mode: bool = True) -> nn.Module:
    """A deep copy of `model`, in eval mode unless told otherwise.

    Raises:
        AssertionError: if the model cannot be copied, which `convert` needs too; names the
            tensors that are in the way.
    """
    try:
        duplicate = copy.deepcopy(model)
    except Exception as error:
        __tracebackhide__ = True
        raise _copy_failure(model, error) from error
    return duplicate.eval() if eval_mode else duplicate


def run(
    model: Callable[..., Any],
    inputs: object,
    what: str = "The model",
    *,
    cure: str = "run the model on the same inputs in eval mode; the chained error above is what "
    "it raised.",
) -> Any:
    """Output of `model` for a copy of `inputs`, without gradients; RNG as before.

    Args:
        model: what is called.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.
        what: what a failure calls it.
        cure: what a failure says to do.

    Raises:
        AssertionError: if the forward raises; the original error is chained and quoted.
    """
    __tracebackhide__ = True
    args, kwargs = map_tensors(as_call(inputs), _fresh)
    with preserved_rng(), torch.no_grad(), quiet():
        try:
            return model(*args, **kwargs)
        except Exception as error:
            where = getattr(error, "qcheck_module", None)
            raise failure(
                f"{what} fails on these inputs{f' in `{where}`' if where else ''}: "
                f"{type(error).__name__}: {first_line(error)}",
                cure=cure,
            ) from error


def map_tensors(value: Any, function: Callable[[torch.Tensor], Any]) -> Any:
    """`value` with `function` applied to each tensor in nested tuples, lists, dicts, dataclasses.

    Containers are copied and keep their classes; other objects stay the same.
    """
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, tuple):
        return _tuple_like(value, [map_tensors(item, function) for item in value])
    duplicate: Any
    if isinstance(value, list):
        duplicate = copy.copy(value)
        duplicate[:] = [map_tensors(item, function) for item in value]
        return duplicate
    if isinstance(value, MutableMapping):
        duplicate = copy.copy(value)
        for key, item in value.items():
            duplicate[key] = map_tensors(item, function)
        return duplicate
    if _is_dataclass_instance(value):
        duplicate = copy.copy(value)
        for name in _field_names(value):
            mapped = map_tensors(getattr(value, name), function)
            object.__setattr__(duplicate, name, mapped)  # frozen ones refuse setattr
        return duplicate
    return value


def _tuple_like(value: tuple[Any, ...], items: list[Any]) -> tuple[Any, ...]:
    """A tuple of `items`, of the class and with the attributes of `value`."""
    kind = type(value)
    if all(new is old for new, old in zip(items, value, strict=True)):
        return value
    if hasattr(kind, "n_sequence_fields"):  # torch.return_types
        return kind(items)
    rebuilt: tuple[Any, ...] = tuple.__new__(kind, items)
    if hasattr(value, "__dict__"):
        rebuilt.__dict__.update(value.__dict__)
    return rebuilt


def named_tensors(value: Any, name: str = "output") -> Iterator[tuple[str, torch.Tensor]]:
    """Tensors in nested tuples, lists, dicts and dataclasses, as `output[0]['logits']`."""
    if isinstance(value, torch.Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from named_tensors(item, f"{name}[{key!r}]")
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from named_tensors(item, f"{name}[{index}]")
    elif _is_dataclass_instance(value):
        for field in _field_names(value):
            yield from named_tensors(getattr(value, field), f"{name}.{field}")


def _is_dataclass_instance(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, (type, torch.nn.Module))


def _field_names(value: Any) -> list[str]:
    """Fields of a dataclass that have a value; one with `init=False` need not have one yet."""
    return [each.name for each in dataclasses.fields(value) if hasattr(value, each.name)]


@contextmanager
def preserved_rng() -> Iterator[None]:
    """Restore the random states of torch, Python and, where it is loaded, NumPy."""
    python_state = random.getstate()
    numpy = sys.modules.get("numpy")
    numpy_state = None if numpy is None else numpy.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()  # type: ignore[no-untyped-call]
    try:
        with torch.random.fork_rng(devices):
            yield
    finally:
        random.setstate(python_state)
        if numpy is not None:
            numpy.random.set_state(numpy_state)


@contextmanager
def quiet() -> Iterator[None]:
    """Hide what torch says about its own quantization API: the caller cannot act on it."""
    with warnings.catch_warnings():
        for message in (
            r"(?s).*torch\.ao\.quantization is deprecated",
            r"(?s).*quantized tensor creation functions",
            r"(?s).*reduce_range will be deprecated",
            r"(?s).*must run observer before calling calculate_qparams",
        ):
            warnings.filterwarnings("ignore", message=message)
        yield


def _fresh(tensor: torch.Tensor) -> torch.Tensor:
    """A copy, because an in-place first layer would write into the caller's tensor."""
    return tensor.detach().clone()


def first_line(error: BaseException) -> str:
    """What an error says, in one line of bounded length: torch lists forty backends in one."""
    lines = str(error).strip().splitlines() or ["(no message)"]
    line = lines[0]
    if line.startswith("The following operation failed in the TorchScript"):
        line = next((each for each in lines if each.partition(":")[0].endswith("Error")), line)
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."


def _copy_failure(model: nn.Module, error: Exception) -> AssertionError:
    nonleaf = list(_nonleaf_tensors(model))
    if not nonleaf:
        return failure(
            f"The model cannot be copied: {type(error).__name__}: {first_line(error)}",
            meaning="convert and prepare copy the model too, unless they are told inplace=True.",
            cure="make copy.deepcopy(model) work.",
        )
    return failure(
        f"The model cannot be copied: it keeps {count(len(nonleaf), 'non-leaf tensor')} in its "
        "attributes.",
        columns=("attribute", "shape"),
        rows=[(name, str(tuple(tensor.shape))) for name, tensor in nonleaf],
        meaning="a tensor that a forward computed with gradients was kept on the model; "
        "copy.deepcopy, and with it prepare and convert, refuse such tensors.",
        cure="delete the attribute after use, or keep `tensor.detach()`.",
    )


def _nonleaf_tensors(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    for prefix, module in named_modules(model):
        attributes = {**module.__dict__, **module._buffers}
        attributes.pop("_modules", None)
        for key, value in attributes.items():
            name = f"{prefix}.{key}" if prefix else key
            for found, tensor in named_tensors(value, name):
                if not tensor.is_leaf:
                    yield found, tensor
