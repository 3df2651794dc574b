"""QL202 and QL203: one module instance used at several places of a forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.repairs import OwnInstance
from qlint.rules.arithmetic import forward_example
from qlint.rules.base import Example, Finding, Rule
from qlint.semantics.modules import FUNCTIONALS, QUANT_STUBS, RELU, REUSABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import ModuleCall

_ARTICLE_BLOCK = """\
import torch
from torch.ao.quantization import DeQuantStub, QuantStub


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv1 = torch.nn.Conv2d(3, 5, 3)
        self.conv2 = torch.nn.Conv2d(5, 5, 3)
        self.relu = torch.nn.ReLU()

    def forward(self, x):
        x1 = self.conv1(self.quant(x))
        x1 = self.relu(x1)
        x2 = self.conv2(x1)
        output = self.relu(x2)  # QL202
        return self.dequant(output)
"""

_TWO_RELUS = """\
import torch
from torch.ao.quantization import QuantStub


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()
        self.relu1 = torch.nn.ReLU()
        self.relu2 = torch.nn.ReLU()

    def forward(self, x):
        x = self.quant(x)
        if x.shape[0] > 1:
            x = self.relu1(x)
        else:
            x = self.relu1(x)
        return self.relu2(x)
"""


_ISLAND = """\
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class FloatSiLU(nn.SiLU):
    def __init__(self):
        super().__init__()
        self.dequant, self.quant = DeQuantStub(), QuantStub()

    def forward(self, x):
        return self.quant(super().forward(self.dequant(x)))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.act = FloatSiLU()

    def forward(self, x):
        x = self.act(self.conv(self.quant(x)))
        return self.dequant(self.act(x))  # QL203
"""


def counted(event: ModuleCall) -> str:
    """How to say that something is called again: where, or why at the same place."""
    call = event.earlier[-1]
    place = call.site
    if place == event.site:
        if call.callee != event.callee:
            return f"again, it is also `{call.callee}`"
        if event.site.is_in_loop:
            return "again on each round of the loop"
        return "again here: this code runs twice in one forward pass"
    if place.module is event.site.module:
        row = place.module.position(place.start).row
        return f"again, after the call in line {row}"
    return "again"


class ReusedRelu(Rule):
    """One ``nn.ReLU`` instance is called at two places.

    What it does
    ------------
    Finds calls of a ReLU that has already been called in the same forward pass, on quantized
    tensors.

    Why is this bad
    ---------------
    Fusing the ReLU into a layer replaces it by Identity wherever it is used. The second
    activation is gone, without a word, from the float model already; measured, the output
    changes by 0.40. Even unfused, one name in a fuse list cannot say which use is meant.

    Example
    -------
    ::

        x1 = self.relu(self.conv1(x))
        return self.relu(x + x1)

    Use instead
    -----------
    ::

        x1 = self.relu1(self.conv1(x))
        return self.relu2(self.skip_add.add(x, x1))

    Fix safety
    ----------
    ``--fix`` gives each further use an instance of its own, named after the layer in front of it:
    ReLU has no parameters, so one more instance changes no checkpoint. Left to a human is a ReLU
    that one call uses several times, in a loop, or that is not made by ``nn.ReLU(...)`` in the
    same class.

    Limits
    ------
    Twice means twice on one path: a call in each of two branches is one use.
    """

    code = "QL202"
    name = "reused-relu"
    summary = "one ReLU instance is used at two places; fusing it at one removes both"
    fixes = ("safe",)
    examples = (
        Example("the article's Block", _ARTICLE_BLOCK),
        Example("one instance a use, or one use a branch", _TWO_RELUS),
    )

    def on_module_call(self, event: ModuleCall) -> Iterator[Finding]:
        """Report a ReLU called again."""
        if event.cls == RELU:
            message = (
                f"`{event.callee}` is called {counted(event)}; fusing this ReLU at one place "
                "turns it into Identity at the others"
            )
            cure = "create one nn.ReLU for each use and name them after the layers they follow"
            yield Finding(event.site, message, cure, OwnInstance())


class ReusedModule(Rule):
    """One layer instance is called twice in a forward pass.

    What it does
    ------------
    Finds calls of a module that has already been called in the same forward pass, on quantized
    tensors, if it, or something in it, has parameters, gets an observer, or can be fused.

    Why is this bad
    ---------------
    After ``prepare`` the instance has one observer for all its uses: their ranges merge, and the
    use with the smaller range loses bits. Fusing it at one place changes it at the other. A layer
    that one module holds under two names (``self.b = self.a``) is worse off: convert swaps it
    under the first name only.

    Example
    -------
    ::

        x = self.bn(self.conv1(x))
        x = self.bn(self.conv2(x))

    Use instead
    -----------
    ::

        x = self.bn1(self.conv1(x))
        x = self.bn2(self.conv2(x))

    Fix safety
    ----------
    ``--fix`` gives a float island, which has a quantizer but no parameters, one more instance for
    each further use. There is no automatic fix for anything else: new instances would have
    parameters of their own. If weights are shared on purpose, say so with
    ``# qlint: ignore[QL203]``.

    Limits
    ------
    Modules without parameters, observer and fuse pattern (pooling, Dropout, Flatten, Identity)
    may be used twice. FloatFunctionals have a rule of their own (QL302); QuantStubs are not looked
    at.
    """

    code = "QL203"
    name = "reused-module"
    summary = "one layer instance is used at two places, so both share its observer"
    severity = "warning"
    fixes = ("safe",)
    examples = (
        Example("a float island used twice", _ISLAND),
        Example(
            "a convolution used twice",
            forward_example(
                "x = self.quant(x)",
                "x = self.conv(x)",
                "return self.conv(x)  # QL203",
            ),
        ),
        Example(
            "a convolution in a loop",
            forward_example(
                "x = self.quant(x)",
                "for _ in range(3):",
                "    x = self.conv(x)  # QL203",
                "return x",
            ),
        ),
        Example(
            "stubs, and a layer used once",
            forward_example(
                "a, b = self.conv(self.quant(x)), x",
                "return self.dequant(a), self.dequant(self.functional.add(a, a)), b",
            ),
        ),
    )

    def on_module_call(self, event: ModuleCall) -> Iterator[Finding]:
        """Report a stateful or fusible module called again."""
        stateful = {part for part in event.parts - REUSABLE if part.startswith("torch.")}
        others = QUANT_STUBS | FUNCTIONALS | {RELU}
        if stateful and event.cls not in others:
            harm = "after prepare both uses share one observer, and with it one scale"
            message = f"`{event.callee}` is called {counted(event)}; {harm}"
            cure = (
                "use one instance for each call, or keep it on purpose with "
                "`# qlint: ignore[QL203]`"
            )
            repair = OwnInstance() if stateful <= QUANT_STUBS else None
            yield Finding(event.site, message, cure, repair)
