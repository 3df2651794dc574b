"""QL106: concatenation that keeps one input's scale for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.flow.values import FLOAT, tensors_in
from qlint.repairs import UseFunctional
from qlint.rules.arithmetic import FLOAT_FIRST, forward_example
from qlint.rules.base import Example, Finding, Rule
from qlint.semantics.operations import Op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import Operation


class RawCat(Rule):
    """Quantized tensors are concatenated or stacked with a torch function.

    What it does
    ------------
    Finds ``torch.cat``, ``concat``, ``concatenate``, ``stack``, ``hstack``, ``vstack`` and
    ``dstack`` of quantized tensors.

    Why is this bad
    ---------------
    It does not fail: the result takes the first tensor's scale and zero_point, and the values of
    the others are clipped or coarsened to that grid. With inputs in [0, 1] and [0, 10] the second
    one is all ones. Measured: 9.9 dB SQNR where 42 dB is right, and one UserWarning.

    Example
    -------
    ::

        return torch.cat([self.branch1(x), self.branch2(x)], 1)

    Use instead
    -----------
    ::

        self.cat = torch.ao.nn.quantized.FloatFunctional()  # in __init__
        return self.cat.cat([self.branch1(x), self.branch2(x)], dim=1)

    Fix safety
    ----------
    As for QL101. ``stack`` has no FloatFunctional method: ``cat`` of the unsqueezed tensors does
    the same.

    Limits
    ------
    Tensors that share one quantizer may be concatenated; those are slices, views and pools of one
    quantized tensor, and they are not reported when that can be seen.
    """

    code = "QL106"
    name = "raw-cat"
    summary = "quantized tensors are concatenated with `torch.cat` or `torch.stack`"
    fixes = ("safe", "unsafe")
    examples = (
        Example(
            "branches joined",
            forward_example(
                "x = self.quant(x)",
                "y = self.conv(x)",
                "pair = torch.stack([x, y])  # QL106",
                "return torch.cat((x, y), dim=1)  # QL106",
            ),
        ),
        Example(
            "a list made on the way",
            forward_example(
                "x = self.quant(x)",
                "parts = [x]",
                "for _ in range(3):",
                "    parts.append(self.functional.add_scalar(x, 1.0))",
                "return torch.cat(parts, 1)  # QL106",
            ),
        ),
        Example(
            "FloatFunctional.cat, and float tensors",
            forward_example(
                "x = torch.cat([x, x], 1)",
                "x = self.quant(x)",
                "y = self.functional.cat([x, self.conv(x)], dim=1)",
                "return torch.cat([self.dequant(x), self.dequant(y)], 1)",
            ),
        ),
    )

    def on_operation(self, event: Operation) -> Iterator[Finding]:
        """Report concatenation."""
        if event.op is Op.CAT and event.common_grid is None:
            with_float = any(FLOAT in tensors_in(each) for each in event.operands[:1])
            message = (
                f"`{event.spelled}` joins a quantized tensor to a float one; there is no int8 "
                "kernel for it, so the converted model fails here"
                if with_float
                else f"`{event.spelled}` joins quantized tensors; the result silently takes the "
                "first one's scale, which is wrong for the others"
            )
            name = event.spelled.rpartition(".")[2]
            cure = (
                "join with a FloatFunctional of its own: `self.cat = FloatFunctional()` in "
                f"__init__, `self.cat.{_CALLS.get(name, 'cat([...], dim=...)')}` here"
            )
            if name in _DIMENSIONS:
                cure += (
                    f"; give tensors with fewer than {_DIMENSIONS[name]} dimensions more by view"
                )
            if with_float:
                cure += FLOAT_FIRST
            yield Finding(event.site, message, cure, UseFunctional())


# What `cat` does for the others.
_CALLS = {
    "stack": "cat([each.unsqueeze(dim) for each in ...], dim=dim)",
    "hstack": "cat([...], dim=1)",
    "vstack": "cat([...], dim=0)",
    "row_stack": "cat([...], dim=0)",
    "column_stack": "cat([...], dim=1)",
    "dstack": "cat([...], dim=2)",
}
# How many dimensions they give to tensors that have fewer.
_DIMENSIONS = {"hstack": 2, "vstack": 2, "row_stack": 2, "column_stack": 2, "dstack": 3}
