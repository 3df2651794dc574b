"""Which stage a model is in, for messages about a model that is in the wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_qcheck.messages import failure
from pytest_qcheck.wrappers import named_modules

if TYPE_CHECKING:
    from torch import nn


def converted_layers(model: nn.Module) -> list[str]:
    """Names of the layers that `convert` has made: int8 layers of torch.ao."""
    return [name for name, module in named_modules(model) if is_converted(module)]


def is_converted(module: nn.Module) -> bool:
    """Whether `module` is a layer that `convert` makes.

    Dynamically quantized layers are none: they take and give float tensors, and a float model may
    hold them. Nor are the packed weights that both kinds keep in a module of their own.
    """
    kind = type(module)
    return (
        kind.__module__.startswith(
            (
                "torch.ao.nn.quantized",
                "torch.ao.nn.intrinsic.quantized",
                "torch.ao.nn.sparse.quantized",
            )
        )
        and ".dynamic" not in kind.__module__
        and not kind.__name__.endswith("PackedParams")
        and kind.__name__ not in ("FloatFunctional", "FXFloatFunctional")
    )


def no_quantizers(model: nn.Module, purpose: str) -> AssertionError:
    """The failure for a model without any quantizer, with the likeliest reason."""
    headline = f"{type(model).__name__} has no quantizer {purpose}."
    if converted_layers(model):
        return failure(
            headline,
            meaning="this model is converted already; convert removes observers and fake-quants.",
            cure="pass the prepared model, before convert.",
        )
    if any(getattr(module, "qconfig", None) is not None for _, module in named_modules(model)):
        return failure(
            headline,
            meaning="it has a qconfig but no observer or fake-quant, so it is not prepared. "
            "`prepare(model)` and `prepare_qat(model)` return a prepared copy and leave `model` "
            "as it is.",
            cure="use what they return, `model = prepare(model)`, or pass inplace=True.",
        )
    return failure(
        headline,
        meaning="no module carries a qconfig, observer or fake-quant. prepare without a qconfig "
        "inserts nothing, and a prepared copy that is thrown away leaves the original like this.",
        cure="assign `model.qconfig`, then `model = prepare(model)` or `prepare_qat(model)`, and "
        "pass what it returns.",
    )
