"""assert_no_shared_fusion: fusion has taken no module away from another place that used it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from pytest_qcheck import classes
from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import sounds_like_activation, sounds_like_norm
from pytest_qcheck.tracing import Step, Trace, Value, is_identity, trace

if TYPE_CHECKING:
    from collections.abc import Iterator

# Names of Identities that a user wrote, not fusion.
_PASS_THROUGH_NAME = re.compile(
    r"drop|down|skip|short|resid|ident|pool|quant|head|proj", re.IGNORECASE
)


@dataclass(frozen=True)
class _Use:
    """One call of an Identity: what made the value that it was given."""

    step: Step
    source: Step | None

    @property
    def module(self) -> nn.Module | None:
        return None if self.source is None else self.source.module


@dataclass(frozen=True)
class _Offender:
    use: _Use
    fused: Step


def assert_no_shared_fusion(model: nn.Module, inputs: object) -> None:
    """Assert that no Identity left by fusion stands where another operation used that module.

    `fuse_modules` puts an `nn.Identity` in the place of each module that it fused into the
    one before. If the forward uses that module at a second place, the operation there is
    gone without an error. The model is run once; an Identity that directly follows a fused
    module is that module's, and every other value it is given is an offence. The same holds
    for the Identity of a fused module whose own output never reaches one.

    Limits: fusion leaves no mark on its Identities. One that a user wrote is told apart by
    what feeds it and, in doubt, by its name (`downsample`, `drop_path`). A batch norm that
    was folded into a plain convolution is recognized by a name with `bn` or `norm` only.

    Args:
        model: a fused model, float, prepared or converted; it is copied and run in eval mode.
        inputs: a tensor, a tuple of positional arguments or a dict of keyword arguments.

    Raises:
        AssertionError: names each Identity that stands for a lost operation, the fused
            module that took it, and the line that calls it.
        TypeError: for inputs of another kind.
    """
    __tracebackhide__ = True
    model = check_model(model)
    recorded = trace(model, inputs)
    uses = _identity_uses(recorded)
    offenders = [*_taken_and_used_again(recorded, uses), *_taken_from_elsewhere(recorded, uses)]
    offenders += _folded_and_used_again(uses)
    if offenders:
        lost = dict.fromkeys(offender.use.step.name for offender in offenders)
        raise failure(
            f"{count(len(lost), 'module')} fused away but still used by another operation: "
            f"{', '.join(lost)}.",
            columns=("identity", "fused into", "but also gets", "called at"),
            rows=[
                (
                    offender.use.step.name,
                    f"{offender.fused.name} ({type(offender.fused.module).__name__})",
                    _source_text(offender.use.source),
                    offender.use.step.place,
                )
                for offender in offenders
            ],
            meaning="fusing replaced the module by an Identity everywhere it is used, so the "
            "operation at these places is gone: the model computes something else than the "
            "float model, without an error.",
            cure="create one module for each place that uses it (`self.relu1`, `self.relu2`), "
            "and fuse each with its own layer only.",
        )


def _source_text(source: Step | None) -> str:
    if source is None:
        return "the model's input"
    if source.module is None:
        return f"the result of {source.name}() at {source.place}"
    return f"the output of {source.label} ({type(source.module).__name__})"


def _identity_uses(recorded: Trace) -> dict[int, list[_Use]]:
    """Calls of each Identity, in order. An Identity hands on the very tensor it is given."""
    producers = recorded.producers()
    uses: dict[int, list[_Use]] = defaultdict(list)
    for step in recorded.steps:
        if is_identity(step.module) and step.inputs:
            uses[id(step.module)].append(_Use(step, producers.get(step.inputs[0])))
    return uses


def _taken_and_used_again(recorded: Trace, uses: dict[int, list[_Use]]) -> Iterator[_Offender]:
    """Identities that follow their fused module, and get something else besides."""
    owners = _owners(recorded)
    for identity, fused in owners.items():
        modules = {id(step.module) for step in fused}
        for use in uses[identity]:
            if id(use.module) not in modules:
                yield _Offender(use, fused[0])


def _owners(recorded: Trace) -> dict[int, list[Step]]:
    """For each Identity that belongs to a fused module the calls of that fused module."""
    owners: dict[int, list[Step]] = defaultdict(list)
    followers = _followers(recorded)
    for step in _fused_steps(recorded):
        least, most = _identities_left_by(step.module)
        for position, identity in enumerate(followers[step.outputs[0]], start=1):
            named = sounds_like_norm(identity.name) or sounds_like_activation(identity.name)
            if position <= least or (position <= most and named):
                owners[id(identity.module)].append(step)
    return owners


def _taken_from_elsewhere(recorded: Trace, uses: dict[int, list[_Use]]) -> Iterator[_Offender]:
    """Identities that get something else only, beside a fused module that lacks its own."""
    owned = _owners(recorded)
    followers = _followers(recorded)
    reported: set[int] = set()
    for fused in _fused_steps(recorded):
        assert fused.module is not None
        behind = followers[fused.outputs[0]]
        sequence = classes.float_sequence(fused.module)
        lacks_relu = sequence[-1] is nn.ReLU and all(
            sounds_like_norm(identity.name) for identity in behind
        )
        if behind and not lacks_relu:
            continue
        for identity, its_uses in uses.items():
            step = its_uses[0].step
            if (
                identity not in owned
                and identity not in reported
                and _parent(step) == _parent(fused)
                and not _PASS_THROUGH_NAME.search(_last(step))
                and not (lacks_relu and behind and sounds_like_norm(step.name))
                and not any(_is_plain_layer(use.module) for use in its_uses)
            ):
                reported.add(identity)
                yield from (_Offender(use, fused) for use in its_uses)


def _folded_and_used_again(uses: dict[int, list[_Use]]) -> Iterator[_Offender]:
    """Batch norms that a plain convolution or linear layer took up, used by another layer."""
    for its_uses in uses.values():
        if not sounds_like_norm(its_uses[0].step.name):
            continue
        folded = [
            use.source
            for use in its_uses
            if _is_plain_layer(use.module) and getattr(use.module, "bias", None) is not None
        ]
        if folded and folded[0] is not None:
            for use in its_uses:
                if use.module is not folded[0].module:
                    yield _Offender(use, folded[0])


def _fused_steps(recorded: Trace) -> Iterator[Step]:
    for step in recorded.steps:
        if step.module is not None and step.outputs and classes.is_fused(step.module):
            yield step


def _followers(recorded: Trace) -> dict[Value, list[Step]]:
    """For each value the Identities that get it, in the order in which they run."""
    followers: dict[Value, list[Step]] = defaultdict(list)
    for step in recorded.steps:
        if is_identity(step.module) and step.inputs:
            followers[step.inputs[0]].append(step)
    return followers


def _identities_left_by(fused: nn.Module | None) -> tuple[int, int]:
    """How many Identities fusing this module left, at least and at most.

    A batch norm that was folded into the weights leaves one more than the class shows.
    """
    assert fused is not None
    sequence = classes.float_sequence(fused)
    shown = max(len(sequence), len(list(fused.children())) if len(sequence) == 1 else 0) - 1
    return max(shown, 1), max(shown, 1) if classes.has_batch_norm(sequence) else shown + 1


def _is_plain_layer(module: nn.Module | None) -> bool:
    return module is not None and not classes.is_fused(module) and classes.starts_fusion(module)


def _last(step: Step) -> str:
    return step.name.rpartition(".")[2]


def _parent(step: Step) -> str:
    return step.name.rpartition(".")[0]
