"""Quantizers of `torch.ao.quantization`: eager mode, and FX mode, which uses the same classes."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn
from torch.ao.quantization import (
    FakeQuantizeBase,
    FixedQParamsFakeQuantize,
    FixedQParamsObserver,
    NoopObserver,
    ObserverBase,
    PlaceholderObserver,
    RecordingObserver,
    ReuseInputObserver,
)

from pytest_qcheck.quantizers import Quantizer

_WITHOUT_STATISTICS = (
    FixedQParamsObserver,
    NoopObserver,
    PlaceholderObserver,
    ReuseInputObserver,
)


def read_quantizer(name: str, module: nn.Module) -> Quantizer | None:
    """Read a fake-quant or a plain observer of torch.ao; None for any other module."""
    if isinstance(module, FakeQuantizeBase):
        return _read_fake_quant(name, module)
    if isinstance(module, ObserverBase):
        return _read_observer(name, module)
    return None


def _read_fake_quant(name: str, module: FakeQuantizeBase) -> Quantizer:
    inner = getattr(module, "activation_post_process", None)
    observes = not isinstance(module, FixedQParamsFakeQuantize) and not isinstance(
        inner, _WITHOUT_STATISTICS
    )
    toggle_names = {"fake_quant": "fake_quant_enabled"}
    # A class with `static_enabled` (`_LearnableFakeQuantize` and classes modelled on it)
    # inherits `observer_enabled` too, but its forward never looks at that buffer.
    if observes:
        learnable = hasattr(module, "static_enabled")
        toggle_names["observer"] = "static_enabled" if learnable else "observer_enabled"
    if hasattr(module, "learning_enabled"):
        toggle_names["learning"] = "learning_enabled"
    observer = inner if isinstance(inner, nn.Module) else module
    return Quantizer(
        name=name,
        module=module,
        kind=_kind(name),
        fake_quant=_is_on(module.fake_quant_enabled),
        observer=_toggle(module, toggle_names.get("observer")),
        learning=_toggle(module, toggle_names.get("learning")),
        toggle_names=toggle_names,
        scale=_tensor(module, "scale"),
        zero_point=_tensor(module, "zero_point"),
        parameters={
            key: value
            for key in ("scale", "zero_point")
            if isinstance(value := getattr(module, key, None), nn.Parameter)
        },
        seen_data=_seen_data(observer) if observes else None,
        observed_range=_observed_range(observer),
        quant_range=_quant_range(module) or _quant_range(observer),
    )


def _read_observer(name: str, module: ObserverBase) -> Quantizer:
    observes = not isinstance(module, _WITHOUT_STATISTICS)
    return Quantizer(
        name=name,
        module=module,
        kind=_kind(name),
        # A plain observer has no toggle: it observes in every forward.
        observer=True if observes else None,
        scale=_tensor(module, "scale"),
        zero_point=_tensor(module, "zero_point"),
        seen_data=_seen_data(module) if observes else None,
        observed_range=_observed_range(module),
        quant_range=_quant_range(module),
    )


def _kind(name: str) -> Literal["activation", "weight"]:
    return "weight" if "weight" in name.rpartition(".")[2] else "activation"


def _toggle(module: nn.Module, attribute: str | None) -> bool | None:
    return None if attribute is None else _is_on(getattr(module, attribute))


def _is_on(flag: torch.Tensor | bool | int) -> bool:
    """A toggle's value, whether it is a buffer of shape [1], a scalar or a plain bool."""
    if isinstance(flag, torch.Tensor):
        return bool(flag.detach().reshape(-1).ne(0).any())
    return bool(flag)


def _tensor(module: nn.Module, attribute: str) -> torch.Tensor | None:
    value = getattr(module, attribute, None)
    return value.detach() if isinstance(value, torch.Tensor) else None


def _seen_data(observer: nn.Module) -> bool | None:
    if isinstance(observer, RecordingObserver):
        return len(observer.tensor_val) > 0
    observed = _observed_range(observer)
    if observed is None:
        return None
    smallest, largest = observed
    # Before any data: empty per channel, [inf, -inf] per tensor.
    return smallest.numel() > 0 and not bool((smallest > largest).all())


def _observed_range(observer: nn.Module) -> tuple[torch.Tensor, torch.Tensor] | None:
    smallest, largest = _tensor(observer, "min_val"), _tensor(observer, "max_val")
    return None if smallest is None or largest is None else (smallest, largest)


def _quant_range(module: nn.Module) -> tuple[int, int] | None:
    low, high = getattr(module, "quant_min", None), getattr(module, "quant_max", None)
    return (int(low), int(high)) if isinstance(low, int) and isinstance(high, int) else None
