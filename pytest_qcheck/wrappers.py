"""Wrappers around models that quantization does not see: data-parallel and compiled models."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch.nn.parallel import DataParallel, DistributedDataParallel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


def unwrap(module: nn.Module) -> nn.Module:
    """The module inside DataParallel, DistributedDataParallel and `torch.compile` wrappers."""
    while True:
        if isinstance(module, (DataParallel, DistributedDataParallel)):
            module = module.module
        elif type(module).__name__ == "OptimizedModule" and hasattr(module, "_orig_mod"):
            module = cast("nn.Module", module._orig_mod)
        else:
            return module


def named_modules(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """As `model.named_modules()`, without wrappers and without their `module.` prefixes."""
    visited: set[int] = set()

    def visit(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
        module = unwrap(module)
        if id(module) in visited:
            return
        visited.add(id(module))
        yield name, module
        for child_name, child in module.named_children():
            yield from visit(f"{name}.{child_name}" if name else child_name, child)

    return visit("", model)


def named_parameters(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """As `model.named_parameters()`, named without wrapper prefixes; shared ones once."""
    visited: set[int] = set()
    for prefix, module in named_modules(model):
        for name, parameter in module._parameters.items():
            if parameter is not None and id(parameter) not in visited:
                visited.add(id(parameter))
                yield (f"{prefix}.{name}" if prefix else name), parameter
