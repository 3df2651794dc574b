"""assert_toggles: every quantizer is on or off as expected, whatever its class calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_qcheck.isolation import check_model
from pytest_qcheck.messages import count, failure
from pytest_qcheck.names import Patterns, select
from pytest_qcheck.quantizers import Quantizer, find_quantizers, find_unknown_quantizers
from pytest_qcheck.stage import no_quantizers
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from torch import nn

TOGGLES = ("fake_quant", "observer", "learning")


def assert_toggles(
    model: nn.Module,
    *,
    fake_quant: bool | None = None,
    observer: bool | None = None,
    learning: bool | None = None,
    only: Patterns | None = None,
    ignore: Patterns = (),
) -> None:
    """Assert that every quantizer fake-quantizes, observes and learns as expected.

    A toggle that is None is not looked at. `observer` means that a forward updates
    statistics and qparams: `observer_enabled` of `FakeQuantize`, but `static_enabled` of
    `_LearnableFakeQuantize`, whose `observer_enabled` nothing reads. A plain observer
    observes always and never fake-quantizes. Quantizers with fixed qparams have nothing
    to observe and satisfy either expectation; only `_LearnableFakeQuantize` and classes
    like it can satisfy `learning=True`.

    Args:
        model: a prepared model; a data-parallel wrapper around it is looked through.
        fake_quant: expected state of fake-quantization.
        observer: expected state of observation.
        learning: expected state of qparam learning.
        only: names or glob patterns of the modules to look at; a name includes what is
            inside it.
        ignore: names or glob patterns to leave out.

    Raises:
        AssertionError: if a quantizer is in another state, if the model has no quantizer,
            or if a module looks like a quantizer but no reader knows its class.
        TypeError: for a toggle that is neither a bool nor None.
        ValueError: if no toggle is given, or a pattern matches nothing.
    """
    __tracebackhide__ = True
    model = check_model(model)
    expected = _expected(fake_quant, observer, learning)
    quantizers = find_quantizers(model)
    unknown = find_unknown_quantizers(model)
    if not quantizers and not unknown:
        raise no_quantizers(model, "whose toggles could be checked")
    names = [*(item.name for item in quantizers), *(item.name for item in unknown)]
    chosen = select(
        names, only=only, ignore=ignore, known=[name for name, _ in named_modules(model)]
    )
    if not chosen:
        raise ValueError("`only` and `ignore` leave no quantizer of this model to check")

    wrong = []
    for quantizer in quantizers:
        if quantizer.name in chosen:
            wrong += [
                (quantizer, toggle, want)
                for toggle, want in expected.items()
                if not _holds(quantizer, toggle, want)
            ]
    unreadable = [item for item in unknown if item.name in chosen]
    if unreadable:
        raise failure(
            f"{count(len(unreadable), 'module looks', 'modules look')} like a quantizer, but "
            "pytest_qcheck cannot read its class.",
            columns=("module", "class"),
            rows=[(item.name, item.class_name) for item in unreadable],
            meaning="torch.ao's toggle helpers (`model.apply(disable_observer)`) pass over such "
            "classes too, so their state is unknown.",
            cure="teach it with `pytest_qcheck.register_quantizer_reader` or the hook "
            "`pytest_qcheck_read_quantizer`, or leave these modules out with `ignore`.",
        )
    if wrong:
        raise _wrong_state(wrong, expected, len(chosen))


def _expected(
    fake_quant: bool | None, observer: bool | None, learning: bool | None
) -> dict[str, bool]:
    given = dict(zip(TOGGLES, (fake_quant, observer, learning), strict=True))
    for toggle, value in given.items():
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"{toggle} must be True, False or None, got {value!r}")
    expected = {toggle: value for toggle, value in given.items() if value is not None}
    if not expected:
        raise ValueError("assert_toggles needs at least one of fake_quant, observer, learning")
    return expected


def _holds(quantizer: Quantizer, toggle: str, want: bool) -> bool:
    state = getattr(quantizer, toggle)
    if state is None:
        # Fixed qparams hold whether observers are meant to run or not. What cannot
        # fake-quantize or learn is simply off.
        return toggle == "observer" or not want
    return bool(state == want)


def _wrong_state(
    wrong: list[tuple[Quantizer, str, bool]], expected: dict[str, bool], checked: int
) -> AssertionError:
    quantizers = {quantizer.name for quantizer, _, _ in wrong}
    asked = ", ".join(f"{toggle}={want}" for toggle, want in expected.items())
    rows = [
        (
            quantizer.name or "(the model itself)",
            quantizer.class_name,
            f"{toggle}={want}",
            _found(quantizer, toggle),
        )
        for quantizer, toggle, want in wrong
    ]
    return failure(
        f"{len(quantizers)} of {count(checked, 'quantizer')} not in the expected state ({asked}).",
        columns=("quantizer", "class", "expected", "found"),
        rows=rows,
        meaning=" ".join(dict.fromkeys(_meaning(toggle, want) for _, toggle, want in wrong)),
        cure=" ".join(dict.fromkeys(_cure(*item) for item in wrong)),
    )


def _found(quantizer: Quantizer, toggle: str) -> str:
    attribute = quantizer.toggle_names.get(toggle)
    state = getattr(quantizer, toggle)
    if attribute is not None:
        return f"{attribute}={int(bool(state))}"
    if toggle == "observer":
        return "always observes, has no toggle"
    return f"the class has no {toggle}"


def _meaning(toggle: str, want: bool) -> str:
    return {
        ("fake_quant", True): "Without fake-quant a layer computes in float: the model does not "
        "see the rounding and clamping that the converted model will do.",
        ("fake_quant", False): "Values are rounded and clamped to the grid where float was wanted.",
        ("observer", True): "qparams stay as they are, whatever data is fed.",
        ("observer", False): "Each forward, also in eval mode, overwrites the qparams.",
        ("learning", True): "The optimizer cannot move these qparams.",
        ("learning", False): "Training moves these qparams.",
    }[toggle, want]


def _cure(quantizer: Quantizer, toggle: str, want: bool) -> str:
    if toggle not in quantizer.toggle_names:
        return {
            "fake_quant": "Plain observers come from a PTQ qconfig; prepare_qat needs a QAT "
            "qconfig (get_default_qat_qconfig) to insert fake-quants.",
            "observer": "A plain observer stops when the model is converted; use a QAT qconfig "
            "if it must be switched.",
            "learning": "Use `_LearnableFakeQuantize` in the qconfig where qparams are learned.",
        }[toggle]
    attribute = quantizer.toggle_names[toggle]
    if toggle == "learning":
        method = "enable_param_learning()" if want else "enable_static_estimate()"
        return f"Call `{method}` on each {quantizer.class_name}, which sets `{attribute}`."
    helper = f"{'enable' if want else 'disable'}_{toggle}"
    if hasattr(quantizer.module, helper):
        return (
            f"Call `model.apply(torch.ao.quantization.{helper})` last; for "
            f"{quantizer.class_name} it sets `{attribute}`."
        )
    return f"Set `{attribute}` of each {quantizer.class_name} to {int(want)}."
