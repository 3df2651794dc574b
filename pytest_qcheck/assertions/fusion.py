"""assert_fused: the groups that were meant to be fused are fused, in the right way."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from pytest_qcheck import classes
from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import close, sounds_like_activation, sounds_like_norm
from pytest_qcheck.stage import is_converted
from pytest_qcheck.wrappers import named_modules

Groups = Sequence[str] | Sequence[Sequence[str]]


def assert_fused(model: nn.Module, groups: Groups) -> None:
    """Assert that each group of modules has become one fused module followed by Identities.

    The first module of a group must be the fused one: `ConvReLU2d` and the like, after
    `fuse_modules` a convolution that took up its batch norm, after `fuse_modules_qat`
    `ConvBnReLU2d` and the like, or the class that prepare or convert puts in its place. A
    fused module that keeps its batch norm is right in train mode and after prepare_qat; in
    eval mode the batch norm should have been folded into the weights.

    A batch norm that was folded leaves a plain convolution with a bias and an Identity. Such
    a pair counts as fused, unless the Identity has the name of an activation, or is not named
    like a norm and is the one that a fused module beside it must have left.

    Args:
        model: a model after fusion: float, prepared or converted.
        groups: what was given to `fuse_modules`: a list of lists of names, or one list.

    Raises:
        AssertionError: names each group that is not fused, and why.
        TypeError: if `groups` is not made of lists of names.
        ValueError: if there is no group, or a group of less than two names.
    """
    __tracebackhide__ = True
    model = check_model(model)
    wanted = _as_groups(groups)
    modules = dict(named_modules(model))
    wrong = [(group, fault) for group in wanted if (fault := _fault(group, modules)) is not None]
    if wrong:
        raise failure(
            f"{len(wrong)} of {count(len(wanted), 'group')} not fused as expected.",
            columns=("group", "found"),
            rows=[(" + ".join(group), fault) for group, fault in wrong],
            meaning="eager fusion goes by names: a renamed module, a list applied to another "
            "object, or the wrong mode leaves layers apart, each with its own requantization "
            "step and half of its range spent on values that a ReLU cuts off.",
            cure="fuse these names before prepare: `fuse_modules(model.eval(), groups)` for "
            "PTQ, `fuse_modules_qat(model.train(), groups)` for QAT; both return a copy unless "
            "inplace=True.",
        )


def _as_groups(groups: object) -> list[tuple[str, ...]]:
    if isinstance(groups, str) or not isinstance(groups, Sequence):
        raise TypeError(f"groups must be a list of lists of module names, got {groups!r}")
    nested = [groups] if groups and all(isinstance(name, str) for name in groups) else groups
    wanted = []
    for group in nested:
        if isinstance(group, str) or not isinstance(group, Sequence):
            raise TypeError(f"each group must be a list of module names, got {group!r}")
        if not all(isinstance(name, str) for name in group):
            raise TypeError(f"module names must be strings, got {list(group)!r}")
        if len(group) < 2:
            raise ValueError(f"a group needs two names or more to be fused, got {list(group)!r}")
        wanted.append(tuple(group))
    if not wanted:
        raise ValueError("groups is empty: there is nothing to check")
    return wanted


def _fault(group: tuple[str, ...], modules: dict[str, nn.Module]) -> str | None:
    """What is wrong with one group; None if it is fused."""
    found = []
    for name in group:
        module = modules.get(name, modules.get(name.removeprefix("module.")))
        if module is None:
            return f"no module is called {name!r}{close(name, modules)}"
        found.append(module)
    first, rest = found[0], found[1:]
    if type(first) is nn.Identity:
        return f"{group[0]} is an Identity: it was fused into a module of another group"
    left = [
        f"{name} is still {type(module).__name__}"
        for name, module in zip(group[1:], rest, strict=True)
        if type(module) is not nn.Identity
    ]
    if left:
        return ", ".join(left)
    return _fault_of_fused(group, first, modules)


def _fault_of_fused(
    group: tuple[str, ...], first: nn.Module, modules: dict[str, nn.Module]
) -> str | None:
    """What is wrong with the first module of a group whose others are Identities."""
    name, kind = group[0], type(first).__name__
    sequence = classes.float_sequence(first)
    if len(sequence) == 1 and not classes.is_fused(first):
        return _fault_of_folded(group, first, modules)
    if len(sequence) > len(group):
        return (
            f"{name} is {kind}, made of {len(sequence)} modules "
            f"({classes.describe(sequence)}); the group has {len(group)}"
        )
    if len(group) > len(sequence) and classes.has_batch_norm(sequence):
        return f"{name} is {kind}, which does not hold {len(group)} modules"
    if any(hasattr(child, "activation_post_process") for child in _fused_parts(first)):
        return f"{name} was fused after prepare: its observer is inside it and it has none"
    # QAT classes have `weight_fake_quant`; they keep their batch norm in eval mode too.
    keeps_bn = classes.has_batch_norm(sequence[1:]) and not hasattr(first, "weight_fake_quant")
    # A container that was just made is in train mode, whatever its parts are in.
    if keeps_bn and not any(child.training for child in _fused_parts(first)):
        return (
            f"{name} is {kind} in eval mode and keeps its batch norm: fused by "
            "fuse_modules_qat, right only in train mode before prepare_qat"
        )
    return None


def _fused_parts(fused: nn.Module) -> list[nn.Module]:
    """The layers in a fused module, without the quantizers that prepare put beside them."""
    quantizers = ("activation_post_process", "weight_fake_quant")
    return [child for name, child in fused.named_children() if name not in quantizers]


def _fault_of_folded(
    group: tuple[str, ...], first: nn.Module, modules: dict[str, nn.Module]
) -> str | None:
    """A lone layer followed by Identities can only have taken up one batch norm."""
    name, kind = group[0], type(first).__name__
    if not classes.starts_fusion(first):
        return f"{name} is {kind}, which is not a fused module"
    if len(group) > 2:
        return f"{name} is {kind}: its ReLU is neither fused nor left in place"
    identity = group[1]
    if not sounds_like_norm(identity):
        taker = _taker(identity, modules)
        if taker is not None:
            return f"{name} is {kind}; {identity} was fused into {taker}, not into {name}"
        if sounds_like_activation(identity):
            return f"{name} is {kind}, which holds no ReLU, yet {identity} is an Identity"
    # Folding a batch norm always gives a bias; a converted layer may hide that it has one.
    if getattr(first, "bias", None) is None and not is_converted(first):
        return f"{name} is {kind} without a bias, so no batch norm was folded into it"
    return None


def _taker(identity: str, modules: dict[str, nn.Module]) -> str | None:
    """The fused module beside an Identity that must have left it, if that is certain.

    It is if the fused modules there account for every Identity there.
    """
    parent = identity.rpartition(".")[0]
    beside = {name: m for name, m in modules.items() if name and name.rpartition(".")[0] == parent}
    identities = [name for name, module in beside.items() if type(module) is nn.Identity]
    left_by = {name: len(classes.float_sequence(m)) - 1 for name, m in beside.items()}
    fused = [name for name, left in left_by.items() if left]
    return " or ".join(fused) if fused and len(identities) <= sum(left_by.values()) else None
