"""assert_no_reused_modules: nothing that has state, fuses or quantizes runs twice."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import combinations

import torch.ao.nn.quantized as nnq
from torch import nn
from torch.ao.quantization import DeQuantStub
from torch.ao.quantization.quantization_mappings import get_default_qconfig_propagation_list

from pytest_qcheck import classes
from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import Patterns, select
from pytest_qcheck.quantizers import find_quantizers
from pytest_qcheck.tracing import Step, trace
from pytest_qcheck.wrappers import named_modules

_HARMLESS = (nn.Identity, nn.Dropout, DeQuantStub, nnq.DeQuantize, nnq.Dropout)
_STATELESS_METHODS = ("add_scalar", "mul_scalar")
_MOST_CALLS = 50  # enough to see a pattern in a loop of thousands


def assert_no_reused_modules(model: nn.Module, inputs: object, *, ignore: Patterns = ()) -> None:
    """Assert that no stateful, fusible or quantizer-carrying module runs twice in a forward.

    A module that runs at two places has one observer, and so one scale, for two different
    tensors, and cannot be fused with both of its neighbours. This holds for layers with
    parameters or buffers, for `nn.ReLU` and other activations that fuse or are quantized,
    for QuantStub and FloatFunctional. Dropout, Flatten, Identity, pooling and DeQuantStub
    may run as often as they like, and so may `add_scalar` and `mul_scalar`, which have no
    qparams. A block that runs twice is reported once, not with all of its children.

    Args:
        model: a float, prepared or converted model; it is copied and run once in eval mode.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.
        ignore: names or glob patterns of modules that may run more than once; a name
            includes what is inside it.

    Raises:
        AssertionError: names each module that runs more than once, and the lines.
        TypeError: for inputs of another kind.
        ValueError: if a pattern of `ignore` matches nothing.
    """
    __tracebackhide__ = True
    model = check_model(model)
    kept = select([name for name, _ in named_modules(model)], ignore=ignore)
    recorded = trace(model, inputs)

    calls: dict[int, list[Step]] = defaultdict(list)
    for step in recorded.calls:
        if step.function not in _STATELESS_METHODS:
            calls[id(step.module)].append(step)
    reused = [
        steps
        for steps in calls.values()
        if len(steps) > 1
        and steps[0].name in kept
        and not _explained_by_caller(steps)
        and steps[0].module is not None
        and _matters(steps[0].module)
    ]
    if reused:
        raise failure(
            f"{count(len(reused), 'module runs', 'modules run')} more than once in one forward.",
            columns=("module", "class", "runs", "called at"),
            rows=[
                (
                    steps[0].name,
                    type(steps[0].module).__name__,
                    str(len(steps)),
                    ", ".join(dict.fromkeys(step.place for step in steps)),
                )
                for steps in reused
            ],
            meaning="a module has one observer: all places where it runs share one scale and "
            "zero_point, whatever their ranges are. Fusing it with a neighbour at one place "
            "takes it away from the others.",
            cure="create one module for each place (`self.relu1`, `self.relu2`), or name those "
            "that may be shared in `ignore`.",
        )


def _matters(module: nn.Module) -> bool:
    """Whether a second run of `module` shares something that should not be shared."""
    quantizers = find_quantizers(module)
    if any(quantizer.seen_data is not None for quantizer in quantizers):
        return True
    inside = {id(part) for quantizer in quantizers for part in quantizer.module.modules()}
    return any(_has_own_state(part) for part in module.modules() if id(part) not in inside)


def _has_own_state(module: nn.Module) -> bool:
    if isinstance(module, _HARMLESS):
        return False
    if module._parameters or module._buffers or isinstance(module, classes.FUNCTIONALS):
        return True
    kind = classes.float_class(module)
    return kind in _fusible_or_quantized()


@cache
def _fusible_or_quantized() -> frozenset[object]:
    """Classes that fuse, or that convert replaces by a class with a scale of its own."""
    return frozenset({nn.ReLU, *get_default_qconfig_propagation_list()} - {nn.Sequential})


def _explained_by_caller(steps: list[Step]) -> bool:
    """Whether every repetition comes from a module around it that runs repeatedly itself."""
    return all(_share_repeated_caller(a, b) for a, b in combinations(steps[:_MOST_CALLS], 2))


def _share_repeated_caller(first: Step, second: Step) -> bool:
    callers = {id(step.module): step for step in first.callers}
    return any(callers.get(id(step.module), step) is not step for step in second.callers)
