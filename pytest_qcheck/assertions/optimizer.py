"""assert_qparams_in_optimizer: the optimizer trains this model's qparams, and this model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import nn

from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import Patterns, select
from pytest_qcheck.quantizers import find_quantizers
from pytest_qcheck.wrappers import named_modules, named_parameters


class _Slot(NamedTuple):
    group: int
    position: int
    parameter: torch.Tensor


def assert_qparams_in_optimizer(
    model: nn.Module, optimizer: object, *, ignore: Patterns = ()
) -> None:
    """Assert that the optimizer holds every trainable qparam once, and nothing stale.

    Parameters are compared by identity, because prepare_qat replaces them. A qparam is a
    `scale` or `zero_point` that is an `nn.Parameter`; those with `requires_grad=False` are
    not asked for. A model without learnable qparams is checked for stale parameters only.

    Args:
        model: a model prepared for QAT; a data-parallel wrapper is looked through.
        optimizer: anything with `param_groups` as `torch.optim.Optimizer` has them.
        ignore: names or glob patterns of qparams (`conv1.weight_fake_quant.scale`) or of
            modules that hold them, which may be missing.

    Raises:
        AssertionError: if a qparam is in no group or more than once, or if the optimizer
            holds a parameter that is not one of the model's.
        TypeError: if `optimizer` has no `param_groups`.
        ValueError: if a pattern of `ignore` matches nothing.
    """
    __tracebackhide__ = True
    model = check_model(model)
    slots = _slots(optimizer)
    parameters = dict(named_parameters(model))
    qparams = {
        f"{quantizer.name}.{key}" if quantizer.name else key: parameter
        for quantizer in find_quantizers(model)
        for key, parameter in quantizer.parameters.items()
    }
    known = [*parameters, *(name for name, _ in named_modules(model))]
    asked = select(qparams, ignore=ignore, known=known)
    trainable = {name: qparams[name] for name in qparams if qparams[name].requires_grad}
    required = {name: parameter for name, parameter in trainable.items() if name in asked}

    held = Counter(id(slot.parameter) for slot in slots)
    missing = [name for name, parameter in required.items() if not held[id(parameter)]]
    repeated = [name for name, parameter in required.items() if held[id(parameter)] > 1]
    own = {id(parameter) for parameter in (*parameters.values(), *qparams.values())}
    stale = [slot for slot in slots if id(slot.parameter) not in own]
    in_optimizer = sum(held[id(parameter)] > 0 for parameter in parameters.values())

    if parameters and slots and not in_optimizer:
        raise _other_model(parameters, stale, trainable)
    if missing or stale:
        raise _missing_or_stale(parameters, in_optimizer, missing, stale, len(trainable))
    if repeated:
        raise _repeated(repeated, qparams, slots)


def _slots(optimizer: object) -> list[_Slot]:
    groups = getattr(optimizer, "param_groups", None)
    if not isinstance(groups, Iterable) or isinstance(groups, (str, Mapping)):
        raise TypeError(
            "optimizer must have param_groups, as a torch.optim.Optimizer has, got "
            f"{type(optimizer).__name__}"
        )
    slots = []
    for number, group in enumerate(groups):
        if not isinstance(group, Mapping) or "params" not in group:
            raise TypeError(f"optimizer.param_groups[{number}] has no 'params'")
        held: Any = group["params"]
        if isinstance(held, torch.Tensor):
            held = [held]
        slots += [_Slot(number, index, parameter) for index, parameter in enumerate(held)]
    return slots


def _other_model(
    parameters: Mapping[str, torch.Tensor], stale: list[_Slot], trainable: Mapping[str, object]
) -> AssertionError:
    qparams = f", {count(len(trainable), 'trainable qparam')} among them" if trainable else ""
    return failure(
        f"0 of {count(len(parameters), 'parameter')} of this model{qparams}, "
        f"{'is' if len(parameters) == 1 else 'are'} in this optimizer.",
        columns=_STALE_COLUMNS,
        rows=_stale_rows(stale, parameters),
        meaning="the optimizer trains another object. prepare_qat and fuse_modules_qat return a "
        "copy unless inplace=True, and the optimizer was built from the original: the model "
        "would never learn, without an error.",
        cure="build the optimizer from the prepared model, after prepare_qat.",
    )


def _missing_or_stale(
    parameters: Mapping[str, torch.Tensor],
    in_optimizer: int,
    missing: list[str],
    stale: list[_Slot],
    trainable: int,
) -> AssertionError:
    rows = [(name, "not in any param group", "") for name in missing]
    rows += [
        (f"param_groups[{row[0]}][{row[1]}]", "not a parameter of this model", row[2])
        for row in (
            (str(slot.group), str(slot.position), _resembles(slot.parameter, parameters))
            for slot in stale
        )
    ]
    found = []
    if missing:
        found.append(f"misses {len(missing)} of {count(trainable, 'trainable qparam')}")
    if stale:
        found.append(
            f"holds {count(len(stale), 'parameter')} that the model no longer has or never had"
        )
    meaning = (
        f"{in_optimizer} of {count(len(parameters), 'parameter')} of the model are in the "
        "optimizer. "
    )
    if missing and len(missing) == trainable:
        meaning += (
            "All trainable qparams are missing: the optimizer was built before "
            "prepare_qat(inplace=True) attached them, or from a list that leaves them out, so "
            "they keep their first values. "
        )
    elif missing:
        meaning += "The missing qparams keep their first values. "
    if stale:
        meaning += "Updating a stale parameter has no effect on the model. "
    return failure(
        f"The optimizer {' and '.join(found)}.",
        columns=("parameter", "found", "resembles"),
        rows=rows,
        meaning=meaning,
        cure="build the optimizer from the model's parameters after the last fuse, prepare_qat "
        "or other change of the model, or add the missing ones with `add_param_group`.",
    )


def _repeated(
    repeated: list[str], qparams: Mapping[str, torch.Tensor], slots: list[_Slot]
) -> AssertionError:
    rows = []
    for name in repeated:
        places = [slot for slot in slots if slot.parameter is qparams[name]]
        rows.append((name, ", ".join(f"[{slot.group}][{slot.position}]" for slot in places)))
    return failure(
        f"{count(len(repeated), 'trainable qparam')} more than once in the optimizer.",
        columns=("parameter", "in param_groups"),
        rows=rows,
        meaning="each occurrence is one more update in every step.",
        cure="put each parameter into exactly one param group.",
    )


_STALE_COLUMNS = ("param_groups", "shape", "resembles")


def _stale_rows(
    stale: list[_Slot], parameters: Mapping[str, torch.Tensor]
) -> list[tuple[str, str, str]]:
    return [
        (
            f"[{slot.group}][{slot.position}]",
            str(tuple(slot.parameter.shape)),
            _resembles(slot.parameter, parameters),
        )
        for slot in stale
    ]


def _resembles(stale: torch.Tensor, parameters: Mapping[str, torch.Tensor]) -> str:
    """Name of the model's parameter with the same values, else the first of that shape."""
    same_shape = [name for name, own in parameters.items() if own.shape == stale.shape]
    for name in same_shape:
        if torch.equal(parameters[name].detach().cpu(), stale.detach().cpu()):
            return name
    return f"shape {tuple(stale.shape)}" if not same_shape else f"{same_shape[0]} (by shape)"
