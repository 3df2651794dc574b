"""QL201: activations called as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.repairs import UseModule
from qlint.rules.arithmetic import forward_example
from qlint.rules.base import Example, Finding, Rule
from qlint.semantics.modules import FUNCTIONALS
from qlint.semantics.operations import Op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import Operation


class FunctionalRelu(Rule):
    """ReLU is applied to a quantized tensor as a function.

    What it does
    ------------
    Finds ``F.relu``, ``F.relu_``, ``torch.relu``, ``torch.relu_``, ``x.relu()`` and ``x.relu_()``
    on quantized tensors.

    Why is this bad
    ---------------
    It runs, but a function cannot be fused. The layer before it is observed with its negatives,
    and half of the int8 range is spent on values that the relu then throws away. Measured on a
    conv and relu: scale 0.0349 instead of 0.0176, that is one bit lost, in silence.

    Example
    -------
    ::

        x = F.relu(self.conv1(x))

    Use instead
    -----------
    ::

        self.relu1 = nn.ReLU()  # in __init__, and ["conv1", "relu1"] in the fuse list
        x = self.relu1(self.conv1(x))

    Fix safety
    ----------
    ``--fix`` makes an ``nn.ReLU`` of it, named after the layer in front of it (``relu1`` behind
    ``conv1``), so that a fuse list can name it. The float model computes the very same.

    Limits
    ------
    Other activations called as functions are not part of this rule.
    """

    code = "QL201"
    name = "functional-relu"
    summary = "relu is called as a function on a quantized tensor, so it cannot be fused"
    severity = "warning"
    fixes = ("safe",)
    examples = (
        Example(
            "every spelling",
            forward_example(
                "x = self.quant(x)",
                "x = nn.functional.relu(self.conv(x), inplace=True)  # QL201",
                "x = torch.relu(x)  # QL201",
                "return x.relu_()  # QL201",
            ),
        ),
        Example(
            "before the QuantStub and behind the DeQuantStub it may",
            forward_example(
                "x = self.quant(torch.relu(x))",
                "return torch.relu(self.dequant(self.conv(x)))",
            ),
        ),
    )

    def on_operation(self, event: Operation) -> Iterator[Finding]:
        """Report relu."""
        if event.op is Op.RELU:
            message = (
                f"`{event.spelled}` cannot be fused; the layer before it spends half of its int8 "
                "range on negatives that are then thrown away"
            )
            yield Finding(event.site, message, _cure(event), UseModule("ReLU"))


def _cure(event: Operation) -> str:
    maker = event.tensor.grid[-1] if isinstance(event.tensor.grid, tuple) else None
    if maker in FUNCTIONALS:
        return "behind the `add` of a FloatFunctional, call its `add_relu` instead of both"
    return (
        "make it an `nn.ReLU` attribute of its own, call it right behind the layer (a relu may "
        "move before a max pooling) and name it in the fuse list"
    )
