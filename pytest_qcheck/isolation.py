"""Run a model without leaving a trace in it: on a copy, with RNG and modes restored.

Every assertion that needs a forward goes through here, so that what is handed in stays
as it was, on success and on failure.
"""

from __future__ import annotations

import copy
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from pytest_qcheck.messages import count, failure
from pytest_qcheck.wrappers import named_modules, unwrap

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
    if isinstance(inputs, dict) and all(isinstance(key, str) for key in inputs):
        return (), inputs
    raise TypeError(
        "inputs must be a tensor, a tuple of positional arguments or a dict of keyword "
        f"arguments, got {type(inputs).__name__}"
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


def run(model: Callable[..., Any], inputs: object, what: str = "The model") -> Any:
    """Output of `model` for a copy of `inputs`, without gradients; RNG as before.

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
                cure="run the model on the same inputs in eval mode; the chained error above "
                "is what it raised.",
            ) from error


def map_tensors(value: Any, function: Callable[[torch.Tensor], Any]) -> Any:
    """`value` with `function` applied to each tensor in nested tuples, lists and dicts."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, tuple):
        mapped = [map_tensors(item, function) for item in value]
        return type(value)(*mapped) if hasattr(value, "_fields") else tuple(mapped)
    if isinstance(value, list):
        return [map_tensors(item, function) for item in value]
    if isinstance(value, dict):
        return {key: map_tensors(item, function) for key, item in value.items()}
    return value


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
    elif hasattr(value, "__dataclass_fields__"):
        for field in value.__dataclass_fields__:
            yield from named_tensors(getattr(value, field), f"{name}.{field}")


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
    """What an error says, in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else "(no message)"


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
