"""QL401 and QL402: where int8 begins and ends in a model that is prepared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.repairs import DequantizeOutput, QuantizeInput
from qlint.rules.base import Example, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import FloatInput, QuantizedOutput

_SCRIPT = """\
import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, convert, get_default_qconfig, prepare


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv1, self.conv2 = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)
        self.relu = nn.ReLU()

    def forward(self, x):
        {}


model = Net().eval()
model.qconfig = get_default_qconfig("x86")
model = prepare(model)
model(torch.rand(1, 3, 8, 8))
model = convert(model)
"""


def _script(*forward: str) -> str:
    return _SCRIPT.replace("{}", "\n        ".join(forward))


class MissingQuant(Rule):
    """A layer that becomes int8 gets a float tensor.

    What it does
    ------------
    Finds layers of models that the program prepares for eager quantization, with a qconfig, that
    get float tensors; and FloatFunctionals and LSTMs that get float tensors beside int8 ones.

    Why is this bad
    ---------------
    Convert makes an int8 layer of it, which takes nothing but int8 tensors: the converted model
    fails here with "Could not run 'quantized::conv2d' with arguments from the 'CPU' backend".
    Preparing and calibrating say nothing.

    Example
    -------
    ::

        def forward(self, x):
            return self.conv(x)

    Use instead
    -----------
    ::

        def forward(self, x):
            x = self.quant(x)
            return self.dequant(self.conv(x))

    Fix safety
    ----------
    ``--unsafe-fixes`` gives a model with one input and no QuantStub one at the start of its
    forward; it is unsafe because it says which part of the program is to be int8. Where there
    are stubs already, or several inputs, that is for a human to say.

    Limits
    ------
    What gets nothing but floats is only looked at in models that are handed to ``prepare`` or
    ``convert`` in the given files, and only if it has a qconfig for sure, from the model or from
    itself.
    """

    code = "QL401"
    name = "missing-quant"
    summary = "a layer that becomes int8 gets a float tensor"
    fixes = ("unsafe",)
    examples = (
        Example(
            "no QuantStub is called",
            _script("x = self.relu(self.conv1(x))  # QL401", "return self.dequant(x)").replace(
                "self.quant, self.dequant = QuantStub(), DeQuantStub()",
                "self.dequant = DeQuantStub()",
            ),
        ),
        Example(
            "dequantized too early",
            _script(
                "x = self.dequant(self.conv1(self.quant(x)))",
                "return self.conv2(x)  # QL401",
            ),
        ),
        Example(
            "int8 all the way, and a layer that stays float",
            _script(
                "x = self.dequant(self.conv1(self.quant(x)))",
                "return self.conv2(x)",
            ).replace("model = prepare", "model.conv2.qconfig = None\nmodel = prepare"),
        ),
    )

    def on_float_input(self, event: FloatInput) -> Iterator[Finding]:
        """Report the layer."""
        kind = event.base.rpartition(".")[2]
        message = (
            f"`{event.callee}` gets a float tensor, but convert makes an int8 {kind} of it, which "
            "fails on that"
        )
        if event.has_stub:
            cure = (
                "call a QuantStub of its own on what it gets, or keep the layer float: "
                f"`{event.callee}.qconfig = None` before prepare"
            )
        else:
            cure = (
                "give the model a QuantStub, and call it on the input where its forward begins, "
                "and a DeQuantStub for what it returns"
            )
        yield Finding(event.site, message, cure, QuantizeInput())


class MissingDequant(Rule):
    """A model returns an int8 tensor.

    What it does
    ------------
    Finds int8 tensors that a model returns which the program prepares for eager quantization.

    Why is this bad
    ---------------
    Nothing says so: the output has the dtype ``quint8`` and the right shape. The loss, the softmax
    or whatever comes behind fails on it, or computes with what are no floats.

    Example
    -------
    ::

        def forward(self, x):
            return self.conv(self.quant(x))

    Use instead
    -----------
    ::

        def forward(self, x):
            return self.dequant(self.conv(self.quant(x)))

    Fix safety
    ----------
    ``--unsafe-fixes`` puts a DeQuantStub around a tensor that is returned by itself. It is unsafe
    because callers may have been written for the int8 tensor.

    Limits
    ------
    Only models that are handed to ``prepare`` or ``convert`` in the given files are looked at. A
    file that calls ``dequantize()`` anywhere is believed to know.
    """

    code = "QL402"
    name = "missing-dequant"
    summary = "a model returns an int8 tensor"
    severity = "warning"
    fixes = ("unsafe",)
    examples = (
        Example(
            "no DeQuantStub is called",
            _script("return self.relu(self.conv1(self.quant(x)))  # QL402"),
        ),
        Example(
            "one of two",
            _script("x = self.conv1(self.quant(x))", "return self.dequant(x), x  # QL402"),
        ),
        Example(
            "dequantized", _script("return self.dequant(self.relu(self.conv1(self.quant(x))))")
        ),
    )

    def on_quantized_output(self, event: QuantizedOutput) -> Iterator[Finding]:
        """Report the output."""
        owner = event.forward.owner
        name = event.forward.qualname if owner is None else owner.name
        yield Finding(
            event.site,
            f"`{name}` returns an int8 tensor once it is converted, and nothing says so",
            "call a DeQuantStub on it before it is returned",
            DequantizeOutput(),
        )
