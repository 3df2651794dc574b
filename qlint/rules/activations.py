"""QL201 and QL218: activations called as functions, and those that keep their input's scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.repairs import FinerScale, UseModule
from qlint.rules.arithmetic import forward_example
from qlint.rules.base import Example, Finding, Rule
from qlint.semantics.modules import FUNCTIONALS
from qlint.semantics.operations import Op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import CoarseActivation, Operation


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


class CoarseGelu(Rule):
    """GELU runs on int8, but what it puts out is rounded to the scale of its input.

    What it does
    ------------
    Finds calls of ``nn.GELU`` and ``F.gelu`` on quantized tensors. Off by default, for the model
    runs, and most models get over it.

    Why is this bad
    ---------------
    The int8 kernel of GELU takes the scale and zero_point of its input for its output, which spans
    half of that range at most: 3 dB are lost on inputs around zero, and 10 dB where they are mostly
    negative (measured). Neither an observer behind it nor the fake-quant model shows that.
    torchvision's ``maxvit_t`` loses 4.6 dB at the end by it.

    Example
    -------
    ::

        self.act = nn.GELU()

    Use instead
    -----------
    ::

        class FloatGELU(nn.GELU):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.dequant, self.quant = DeQuantStub(), QuantStub()

            def forward(self, input):
                return self.quant(super().forward(self.dequant(input)))

        self.act = FloatGELU()

    Fix safety
    ----------
    ``--unsafe-fixes`` makes a float island of it, as above. It is slower, and keeps the accuracy.

    Limits
    ------
    Whether a model suffers from it, only a comparison of its outputs can tell.
    """

    code = "QL218"
    name = "coarse-gelu"
    summary = "GELU puts out int8 on the scale of its input, which is too coarse"
    severity = "warning"
    default = False
    fixes = ("unsafe",)
    examples = (
        Example(
            "function and module",
            forward_example(
                "x = self.quant(x)",
                "x = nn.functional.gelu(x)  # QL218",
                "return self.dequant(nn.GELU()(x))  # QL218",
            ),
        ),
        Example(
            "on float tensors, and other activations",
            forward_example(
                "x = self.quant(nn.functional.gelu(x))",
                "x = torch.tanh(torch.sigmoid(x))",
                "return nn.functional.gelu(self.dequant(x))",
            ),
        ),
    )

    def on_coarse_activation(self, event: CoarseActivation) -> Iterator[Finding]:
        """Report the activation."""
        message = (
            f"`{event.spelled}` runs on int8, but puts out the scale of its input, of whose range "
            "it needs half at most"
        )
        cure = (
            "make a float island of it: a DeQuantStub before it and a QuantStub of its own behind "
            "it"
        )
        yield Finding(event.site, message, cure, FinerScale())
