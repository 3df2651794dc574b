"""QL101 to QL105 and QL107: arithmetic written as if int8 tensors were numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from qlint.flow.values import FLOAT, is_surely_no_tensor, options_of
from qlint.repairs import UseFunctional
from qlint.rules.base import Example, Finding, Rule
from qlint.semantics.operations import Op

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import Operation

# What is left to do where not all operands are quantized.
FLOAT_FIRST = "; a float tensor or parameter needs a QuantStub of its own first"
_ALPHA = re.compile(r"\balpha\s*=")
_HEAD = """\
import torch
from torch import nn
from torch.ao.nn.quantized import FloatFunctional
from torch.ao.quantization import DeQuantStub, QuantStub


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.conv = nn.Conv2d(3, 3, 1)
        self.functional = FloatFunctional()

    def forward(self, x):
"""


def forward_example(*lines: str) -> str:
    """An example: a small model whose ``forward`` consists of these lines."""
    return _HEAD + "".join(f"        {line}\n" for line in lines)


class _RawArithmetic(Rule):
    """What the rules for binary operations share."""

    op: ClassVar[Op]
    verb: ClassVar[str]
    cure: ClassVar[str]

    def on_operation(self, event: Operation) -> Iterator[Finding]:
        if event.op is self.op and not event.with_scalar:
            message = (
                f"`{event.spelled}` {self.verb} a quantized tensor; "
                "there is no int8 kernel for it, so the converted model fails here"
            )
            cure = self.cure_of(event) + _more_to_do(event)
            yield Finding(event.site, message, cure, UseFunctional())

    def cure_of(self, event: Operation) -> str:
        """What to write instead."""
        return self.cure


def _more_to_do(event: Operation) -> str:
    """What has to be done beside using a FloatFunctional, which takes int8 tensors only."""
    steps = ""
    if any(FLOAT in options_of(each) for each in event.operands):
        steps += FLOAT_FIRST
    if event.op in (Op.ADD, Op.SUB) and _ALPHA.search(event.site.text):
        steps += "; what `alpha` multiplies, multiply by `mul_scalar` first"
    return steps


class RawAdd(_RawArithmetic):
    """A quantized tensor is added with ``+``, ``torch.add`` or the like.

    What it does
    ------------
    Finds ``+``, ``+=``, ``torch.add``, ``Tensor.add``, ``Tensor.add_``, ``operator.add`` and
    ``sum([...])`` where an operand is quantized.

    Why is this bad
    ---------------
    The sum needs a scale and zero_point of its own, and nothing observes it: a raw ``+`` has no
    qparams. The float and fake-quant models run; the converted one raises NotImplementedError
    (``aten::add.out`` has no QuantizedCPU kernel), often after days of training.

    Example
    -------
    ::

        out = self.conv2(out) + identity

    Use instead
    -----------
    ::

        self.skip_add = torch.ao.nn.quantized.FloatFunctional()  # in __init__
        out = self.skip_add.add(self.conv2(out), identity)

    Fix safety
    ----------
    ``--fix`` gives each addition a FloatFunctional of its own, made in ``__init__``: a shared one
    would merge the ranges of all its uses. The float model computes the very same, and no key of
    its ``state_dict`` changes. A relu that gets nothing but the sum becomes part of it
    (``add_relu``). Unsafe is the fix of an addition with a float tensor or parameter, which gets a
    QuantStub. Left to a human, with the reason, are additions in plain functions and in loops, and
    ``+=`` on a tensor that is read under another name afterwards.

    Limits
    ------
    A value that is not known to be quantized is not reported.
    """

    code = "QL101"
    name = "raw-add"
    summary = "a quantized tensor is added with `+`, `torch.add` or `sum`"
    fixes = ("safe", "unsafe")
    op = Op.ADD
    verb = "adds to"
    cure = (
        "add with a FloatFunctional of its own: `self.skip_add = FloatFunctional()` in __init__, "
        "`self.skip_add.add(a, b)` here"
    )
    examples = (
        Example(
            "a residual connection",
            forward_example("x = self.quant(x)", "y = self.conv(x)", "y += x  # QL101", "return y"),
        ),
        Example(
            "functions and methods that add",
            forward_example(
                "x = self.quant(x)",
                "y = torch.add(x, self.conv(x))  # QL101",
                "y = y.add(x)  # QL101",
                "return self.dequant(sum([x, y]))  # QL101",
            ),
        ),
        Example(
            "a FloatFunctional, sizes, and float tensors may add",
            forward_example(
                "x = x + 1",
                "x = self.quant(x)",
                "y = self.functional.add(x, self.conv(x))",
                "rows = y.size(0) + y.shape[1] + len([y])",
                "parts = [x] + [y]",
                "return self.dequant(y) + rows + len(parts)",
            ),
        ),
    )


class RawSub(_RawArithmetic):
    """A quantized tensor is subtracted with ``-``, ``torch.sub`` or the like.

    What it does
    ------------
    Finds ``-``, ``-=``, ``torch.sub``, ``torch.subtract``, ``torch.rsub``, their methods and
    ``operator.sub`` where an operand is quantized.

    Why is this bad
    ---------------
    The difference needs qparams of its own. The converted model raises NotImplementedError
    (``aten::sub.out`` has no QuantizedCPU kernel).

    Example
    -------
    ::

        return x - y

    Use instead
    -----------
    ::

        self.neg = torch.ao.nn.quantized.FloatFunctional()  # in __init__
        self.addition = torch.ao.nn.quantized.FloatFunctional()
        return self.addition.add(x, self.neg.mul_scalar(y, -1.0))

    Fix safety
    ----------
    As for QL101: ``x - y`` becomes ``x + (-1.0 * y)``, which is exact.

    Limits
    ------
    A value that is not known to be quantized is not reported.
    """

    code = "QL102"
    name = "raw-sub"
    summary = "a quantized tensor is subtracted with `-` or `torch.sub`"
    fixes = ("safe", "unsafe")
    op = Op.SUB
    verb = "subtracts with"
    cure = (
        "FloatFunctional has no sub: negate with one, `self.neg.mul_scalar(b, -1.0)`, and add "
        "with another, `self.addition.add(a, ...)`"
    )
    examples = (
        Example(
            "a difference",
            forward_example(
                "x = self.quant(x)",
                "y = x - self.conv(x)  # QL102",
                "return torch.sub(x, y)  # QL102",
            ),
        ),
        Example(
            "differences of sizes and of float tensors",
            forward_example("x = self.dequant(self.quant(x))", "return x - x.mean() - x.size(0)"),
        ),
    )


class RawMul(_RawArithmetic):
    """A quantized tensor is multiplied with ``*``, ``torch.mul`` or the like.

    What it does
    ------------
    Finds ``*``, ``*=``, ``torch.mul``, ``torch.multiply``, their methods and ``operator.mul``
    where an operand is quantized.

    Why is this bad
    ---------------
    The product needs qparams of its own. The converted model raises NotImplementedError
    (``aten::mul.out`` has no QuantizedCPU kernel).

    Example
    -------
    ::

        return scale * x

    Use instead
    -----------
    ::

        self.scale_mul = torch.ao.nn.quantized.FloatFunctional()  # in __init__
        return self.scale_mul.mul(scale, x)

    Fix safety
    ----------
    As for QL101.

    Limits
    ------
    A value that is not known to be quantized is not reported.
    """

    code = "QL103"
    name = "raw-mul"
    summary = "a quantized tensor is multiplied with `*` or `torch.mul`"
    fixes = ("safe", "unsafe")
    op = Op.MUL
    verb = "multiplies"
    cure = (
        "multiply with a FloatFunctional of its own: `self.scale_mul = FloatFunctional()` in "
        "__init__, `self.scale_mul.mul(a, b)` here"
    )
    examples = (
        Example(
            "a gate",
            forward_example(
                "x = self.quant(x)",
                "gate = torch.sigmoid(self.conv(x))",
                "return gate * x  # QL103",
            ),
        ),
        Example(
            "products of sizes",
            forward_example(
                "x = self.quant(x)",
                "n = x.size(0) * x.shape[1]",
                "x = self.functional.mul(x, self.conv(x))",
                "return self.dequant(x).reshape(n, -1) * 2",
            ),
        ),
    )


class RawDiv(_RawArithmetic):
    """A quantized tensor is divided by, or divides, another tensor.

    What it does
    ------------
    Finds ``/``, ``//``, their in-place forms, ``torch.div``, ``torch.true_divide``,
    ``torch.floor_divide``, their methods and ``operator.truediv`` where an operand is quantized.

    Why is this bad
    ---------------
    torch has no int8 division at all; the converted model raises NotImplementedError.

    Example
    -------
    ::

        return x / norm

    Use instead
    -----------
    Divide in float and quantize the result::

        return self.requant(self.dequant(x) / self.dequant(norm))

    Fix safety
    ----------
    ``--unsafe-fixes`` makes a float island of it: what it divides is dequantized, and the result
    quantized by a QuantStub of its own. It is unsafe because it changes where the model is int8.

    Limits
    ------
    Division by a Python number is reported as QL107: ``mul_scalar`` cures it.
    """

    code = "QL104"
    name = "raw-div"
    summary = "a quantized tensor is divided with `/` or `torch.div`"
    fixes = ("unsafe",)
    op = Op.DIV
    verb = "divides"
    cure = (
        "torch has no int8 division: dequantize the operands, divide in float, and quantize the "
        "result with a QuantStub of its own"
    )
    examples = (
        Example(
            "division by a tensor",
            forward_example("x = self.quant(x)", "return x / self.conv(x)  # QL104"),
        ),
        Example(
            "division of sizes, and in float",
            forward_example(
                "x = self.quant(x)",
                "half = x.shape[1] // 2",
                "x = self.dequant(x)",
                "return x / x.max() / half",
            ),
        ),
    )


class RawMatmul(_RawArithmetic):
    """Quantized tensors are multiplied as matrices.

    What it does
    ------------
    Finds ``@``, ``torch.matmul``, ``bmm``, ``mm``, ``mv``, ``dot``, ``einsum``, ``tensordot``,
    ``addmm``, ``baddbmm`` and their methods where an operand is quantized.

    Why is this bad
    ---------------
    The product needs qparams of its own, and none of these functions has an int8 kernel: the
    converted model raises NotImplementedError.

    Example
    -------
    ::

        attention = q @ k.transpose(-2, -1)

    Use instead
    -----------
    ::

        self.scores = torch.ao.nn.quantized.FloatFunctional()  # in __init__
        attention = self.scores.matmul(q, k.transpose(-2, -1))

    Fix safety
    ----------
    As for QL101. ``einsum`` and others that FloatFunctional does not have become float islands with
    ``--unsafe-fixes``.

    Limits
    ------
    A value that is not known to be quantized is not reported.
    """

    code = "QL105"
    name = "raw-matmul"
    summary = "quantized tensors are multiplied as matrices with `@`, `matmul` or `einsum`"
    fixes = ("safe", "unsafe")
    op = Op.MATMUL
    verb = "multiplies"
    cure = (
        "multiply with a FloatFunctional of its own: `self.scores = FloatFunctional()` in "
        "__init__, `self.scores.matmul(a, b)` here"
    )
    examples = (
        Example(
            "attention",
            forward_example(
                "q = self.quant(x)",
                "k = self.conv(q)",
                "scores = q @ k.transpose(-2, -1)  # QL105",
                "return torch.matmul(scores, k)  # QL105",
            ),
        ),
        Example(
            "FloatFunctional.matmul, and float matrices",
            forward_example(
                "x = x @ x",
                "q = self.quant(x)",
                "return self.dequant(self.functional.matmul(q, q)) @ x",
            ),
        ),
    )

    def cure_of(self, event: Operation) -> str:
        """``einsum`` is more than a product of matrices, and ``addmm`` adds to one."""
        name = event.name.strip("_")
        if name in ("einsum", "tensordot"):
            return (
                "write it as a product of matrices, for `self.scores.matmul(a, b)` of a "
                "FloatFunctional, or make a float island of it: a DeQuantStub before it and a "
                "QuantStub of its own behind it"
            )
        if name.startswith(("add", "baddbmm")):
            return (
                "multiply and add with two FloatFunctionals: "
                "`self.addition.add(c, self.scores.matmul(a, b))`"
            )
        return self.cure


class RawScalarOp(Rule):
    """A quantized tensor meets a Python number in ``+``, ``-``, ``*`` or ``/``.

    What it does
    ------------
    Finds these operators, their in-place and reflected forms, and the functions and methods that
    do the same, between a quantized tensor and a Python number.

    Why is this bad
    ---------------
    The converted model raises RuntimeError or NotImplementedError: ``x + 1.0`` and ``x * 2`` have
    no int8 kernel, although the result's qparams follow from the input's.

    Example
    -------
    ::

        q = q * self.head_dim ** -0.5

    Use instead
    -----------
    ::

        self.scale_mul = torch.ao.nn.quantized.FloatFunctional()  # in __init__
        q = self.scale_mul.mul_scalar(q, self.head_dim ** -0.5)

    Fix safety
    ----------
    As for QL101. A division is fixed if its inverse is exact (``x / 2``): multiplying by the
    inverse of 3 rounds otherwise than dividing by 3 does. Other divisions become float islands with
    ``--unsafe-fixes``.

    Limits
    ------
    An operand that is not known to be a number counts as a tensor (QL101 to QL104).
    """

    code = "QL107"
    name = "raw-scalar-op"
    summary = "a quantized tensor meets a Python number in `+`, `-`, `*` or `/`"
    fixes = ("safe", "unsafe")
    examples = (
        Example(
            "each operator",
            forward_example(
                "x = self.quant(x)",
                "x = x + 1  # QL107",
                "x = x * x.size(1) ** -0.5  # QL107",
                "x -= 0.5  # QL107",
                "x = 1 - x  # QL107",
                "return torch.mul(x, 2.0)  # QL107",
            ),
        ),
        Example(
            "add_scalar and mul_scalar",
            forward_example(
                "x = self.quant(x / 255)",
                "x = self.functional.mul_scalar(x, 0.5)",
                "return self.dequant(x) * 2",
            ),
        ),
    )

    _CURES: ClassVar[dict[Op, str]] = {
        Op.ADD: "`self.shift.add_scalar(x, number)`",
        Op.SUB: "`self.shift.add_scalar(x, -number)`",
        Op.MUL: "`self.scale.mul_scalar(x, number)`",
        Op.DIV: "`self.scale.mul_scalar(x, 1 / number)`",
    }
    _NEGATED = (
        "use two FloatFunctionals: `self.shift.add_scalar(self.neg.mul_scalar(x, -1.0), number)`"
    )
    _ISLAND = (
        "make a float island: a DeQuantStub before the division and a QuantStub of its own behind "
        "it"
    )

    def on_operation(self, event: Operation) -> Iterator[Finding]:
        """Report arithmetic with a number."""
        cure = self._CURES.get(event.op)
        if cure is not None and event.with_scalar:
            message = (
                f"`{event.spelled}` combines a quantized tensor with a Python number; "
                "there is no int8 kernel for it, so the converted model fails here"
            )
            help_text = f"use a FloatFunctional: {cure}"
            if event.op is Op.DIV and self._is_no_product(event):
                help_text = self._ISLAND
            elif event.op is Op.SUB and self._is_taken_from_number(event):
                help_text = self._NEGATED
            yield Finding(event.site, message, help_text, UseFunctional())

    @staticmethod
    def _is_taken_from_number(event: Operation) -> bool:
        """Whether a difference is ``number - x``."""
        return "rsub" in event.spelled or is_surely_no_tensor(event.operands[0])

    @staticmethod
    def _is_no_product(event: Operation) -> bool:
        """Whether a division cannot be written as a multiplication: ``1 / x`` and ``x // 2``."""
        return (
            "floor" in event.spelled
            or "rounding_mode" in event.site.text
            or "//" in event.spelled
            or is_surely_no_tensor(event.operands[0])
        )
