"""QL302: one FloatFunctional for several operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.repairs import OwnInstance
from qlint.rules.arithmetic import forward_example
from qlint.rules.base import Example, Finding, Rule
from qlint.rules.reuse import counted
from qlint.semantics.modules import FLOAT_FUNCTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import ModuleCall


class FunctionalReused(Rule):
    """One FloatFunctional computes two things.

    What it does
    ------------
    Finds calls of a FloatFunctional that has already been called in the same forward pass, on
    quantized tensors.

    Why is this bad
    ---------------
    A FloatFunctional is there for its observer, and there is one in it: the ranges of all that it
    computes merge, and each result gets the scale of the widest. Measured, an addition and a
    multiplication that share one come out with 21 dB, without a word.

    Example
    -------
    ::

        x = self.functional.add(x, self.conv(x))
        return self.functional.mul(x, self.gate(x))

    Use instead
    -----------
    ::

        x = self.skip_add.add(x, self.conv(x))
        return self.gate_mul.mul(x, self.gate(x))

    Fix safety
    ----------
    ``--fix`` gives each further use an instance of its own: a FloatFunctional has no parameters, so
    the float model computes the very same and no checkpoint changes. Left to a human is one that
    is called several times at one place, such as in a loop: that takes an nn.ModuleList.

    Limits
    ------
    ``add_scalar`` and ``mul_scalar`` do not count: they take the qparams of their result from those
    of their input, and not from an observer.
    """

    code = "QL302"
    name = "functional-reused"
    summary = "one FloatFunctional computes two things, which get one scale"
    severity = "warning"
    fixes = ("safe",)
    examples = (
        Example(
            "an addition and a multiplication",
            forward_example(
                "x = self.quant(x)",
                "x = self.functional.add(x, self.conv(x))",
                "return self.functional.mul(x, x)  # QL302",
            ),
        ),
        Example(
            "in a loop",
            forward_example(
                "x = self.quant(x)",
                "for _ in range(3):",
                "    x = self.functional.add(x, x)  # QL302",
                "return x",
            ),
        ),
        Example(
            "one use a branch, and a scalar",
            forward_example(
                "y = self.quant(x)",
                "if x.shape[0] > 1:",
                "    y = self.functional.add(y, y)",
                "else:",
                "    y = self.functional.mul(y, y)",
                "return self.functional.add_scalar(y, 3.0)",
            ),
        ),
    )

    def on_module_call(self, event: ModuleCall) -> Iterator[Finding]:
        """Report a FloatFunctional called again."""
        if event.cls == FLOAT_FUNCTIONAL:
            message = (
                f"`{event.callee}` is called {counted(event)}; all that one FloatFunctional "
                "computes gets one observer, and with it one scale"
            )
            cure = "make one FloatFunctional for each operation"
            yield Finding(event.site, message, cure, OwnInstance())
