"""assert_fully_fused: no sequence that could be fused is left apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from pytest_qcheck import classes
from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import Patterns, select
from pytest_qcheck.tracing import Step, Trace, Value, trace
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

_RELU_FUNCTIONS = (
    functional.relu,
    functional.relu_,
    torch.relu,
    torch.relu_,
    torch.Tensor.relu,
    torch.Tensor.relu_,
)


@dataclass(frozen=True)
class _Unfused:
    """Steps of one sequence that could be fused, and what stands in the way."""

    steps: tuple[Step, ...]
    note: str


def assert_fully_fused(model: nn.Module, inputs: object, *, ignore: Patterns = ()) -> None:
    """Assert that a forward runs no sequence of layers that torch could fuse.

    Fusible are the sequences of torch's own eager fuser: convolution or linear with batch
    norm and ReLU, batch norm with ReLU. Adjacent is what ran so: the first layer's output
    goes to the next one and nowhere else. A layer whose output something else reads too
    cannot be fused and is not reported. A functional ReLU behind such a layer is reported
    with its line, because it keeps the layer from ever being fused.

    Args:
        model: a float, prepared or converted model; it is copied and run once in eval mode.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.
        ignore: names or glob patterns; a sequence with a module that matches is left out.

    Raises:
        AssertionError: names every sequence that is left, or says why the model cannot run.
        TypeError: for inputs of another kind.
        ValueError: if a pattern of `ignore` matches nothing.
    """
    __tracebackhide__ = True
    model = check_model(model)
    names = [name for name, _ in named_modules(model)]
    kept = select(names, ignore=ignore)
    recorded = trace(model, inputs)
    left = [
        unfused
        for unfused in _unfused_sequences(recorded, training=model.training)
        if all(step.module is None or step.name in kept for step in unfused.steps)
    ]
    if left:
        raise failure(
            f"{count(len(left), 'fusible sequence')} not fused.",
            columns=("modules", "classes", "note"),
            rows=[_row(unfused) for unfused in left],
            meaning="apart, each layer is quantized by itself: one more rounding each, and the "
            "layer before a ReLU spends half of its range on negative values that are cut off "
            "right away.",
            cure="add these names to the list given to fuse_modules (eval, PTQ) or "
            "fuse_modules_qat (train, QAT); replace a functional relu by an nn.ReLU of its own; "
            "or name the module in `ignore`.",
        )


def _row(unfused: _Unfused) -> tuple[str, str, str]:
    kinds = [
        "functional" if step.module is None else type(step.module).__name__
        for step in unfused.steps
    ]
    return " + ".join(step.label for step in unfused.steps), " + ".join(kinds), unfused.note


def _unfused_sequences(recorded: Trace, *, training: bool) -> Iterator[_Unfused]:
    consumers = recorded.consumers()
    runs = Counter(id(step.module) for step in recorded.steps)
    members: set[int] = set()
    seen: set[tuple[int | str, ...]] = set()
    for step in recorded.steps:
        if step.module is None or not classes.starts_fusion(step.module) or id(step) in members:
            continue
        chain = _chain(step, consumers, recorded.returned, training=training)
        if len(chain) < 2 or not _same_every_time(step, chain, recorded, consumers, training):
            continue
        members |= {id(member) for member in chain}
        key = tuple(id(s.module) if s.module else s.place for s in chain)
        if key not in seen:
            seen.add(key)
            yield _Unfused(tuple(chain), _note(chain, runs))


def _chain(
    first: Step, consumers: dict[Value, list[Step]], returned: set[Value], *, training: bool
) -> list[Step]:
    """The longest fusible sequence of steps that begins with `first`; only `first` if none."""
    chain = [first]
    assert first.module is not None
    sequence = classes.float_sequence(first.module)
    while True:
        following = _only_consumer(chain[-1], consumers, returned)
        if following is None:
            return chain
        if following.module is not None:
            longer = sequence + classes.float_sequence(following.module)
        elif following.function in _RELU_FUNCTIONS:
            longer = (*sequence, nn.ReLU)
        else:
            return chain
        if not classes.is_fusible(longer) or not _can_fuse(chain[-1], following, training):
            return chain
        chain.append(following)
        sequence = longer


def _only_consumer(
    step: Step, consumers: dict[Value, list[Step]], returned: set[Value]
) -> Step | None:
    if len(step.outputs) != 1 or step.outputs[0] in returned:
        return None
    readers = consumers.get(step.outputs[0], [])
    return readers[0] if len(readers) == 1 else None


def _can_fuse(step: Step, following: Step, training: bool) -> bool:
    """Whether torch can fuse a batch norm like this one with the layer before it."""
    norm = following.module
    if not isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)):
        return True
    if not training:
        return norm.running_mean is not None
    transposed = isinstance(
        step.module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
    )
    return norm.affine and norm.track_running_stats and not transposed


def _same_every_time(
    first: Step,
    chain: list[Step],
    recorded: Trace,
    consumers: dict[Value, list[Step]],
    training: bool,
) -> bool:
    """Whether a layer that runs several times is followed by the same modules each time."""
    modules = [step.module for step in chain]
    return all(
        [s.module for s in _chain(step, consumers, recorded.returned, training=training)] == modules
        for step in recorded.steps
        if step.module is first.module
    )


def _note(chain: list[Step], runs: Counter[int]) -> str:
    if chain[-1].module is None:
        return "a functional relu cannot be fused"
    fused = [step for step in chain if step.module is not None and classes.is_fused(step.module)]
    if fused:
        return f"{fused[0].name} was fused without the other"
    times = runs[id(chain[0].module)]
    shared = [step.name for step in chain[1:] if runs[id(step.module)] > times]
    if shared:
        return f"{shared[0]} is used elsewhere too: give this place its own"
    return ""
