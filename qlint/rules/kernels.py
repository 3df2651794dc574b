"""QL108 and QL109: operations and modules that no int8 kernel does right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qlint.repairs import CallInstead, FloatIsland
from qlint.rules.arithmetic import forward_example
from qlint.rules.base import Example, Finding, Rule
from qlint.semantics.kernels import BAD, Outcome, is_swapped, of_operation
from qlint.semantics.modules import FUNCTIONALS
from qlint.semantics.operations import (
    DTYPE,
    FILL,
    LIKE,
    LOST,
    NUMBER,
    PACKED,
    PARAMETER,
    PART,
    QCONFIG,
    VIEW,
    WRITE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qlint.flow.events import UnsupportedModule, UnsupportedOperation

_ISLAND = (
    "make a float island of it: a DeQuantStub before it and a QuantStub of its own behind it, or "
    "use something that has an int8 kernel"
)
_KEPT_ISLAND = (
    "make a float island of it: `qconfig = None` on it, so that convert leaves it as it is, a "
    "DeQuantStub before it and a QuantStub of its own behind it"
)
_LEAVE = "only `dequantize()` leaves int8: end the quantized path with a DeQuantStub before it"
# Functions whose module form convert swaps for an int8 module.
_MODULES = {
    "conv1d": "Conv1d",
    "conv2d": "Conv2d",
    "conv3d": "Conv3d",
    "conv_transpose1d": "ConvTranspose1d",
    "conv_transpose2d": "ConvTranspose2d",
    "conv_transpose3d": "ConvTranspose3d",
    "linear": "Linear",
    "layer_norm": "LayerNorm",
    "group_norm": "GroupNorm",
    "instance_norm": "InstanceNorm2d",
    "batch_norm": "BatchNorm2d",
    "elu": "ELU",
    "hardswish": "Hardswish",
    "scaled_dot_product_attention": "MultiheadAttention",
}
_CURES = {
    **{
        function: f"make it an `nn.{module}` attribute: convert swaps the module for an int8 one"
        for function, module in _MODULES.items()
    },
    **dict.fromkeys(
        "float half double bfloat16 to type int long short char byte bool".split(), _LEAVE
    ),
    **dict.fromkeys(
        "dropout dropout2d alpha_dropout feature_alpha_dropout".split(),
        "pass `training=self.training`, or make it an `nn.Dropout` attribute",
    ),
    **dict.fromkeys(
        "zeros_like new_zeros new_ones new_full new_tensor".split(),
        "make the tensor from the shape: `torch.zeros(x.shape)`",
    ),
    **dict.fromkeys(
        ("neg", "negative"),
        "negate with a FloatFunctional of its own: `self.neg.mul_scalar(x, -1.0)`",
    ),
    **dict.fromkeys(
        ("rand_like", "randn_like"), "make the tensor from the shape: `torch.rand(x.shape)`"
    ),
    **dict.fromkeys(("numpy", "tolist"), "read what `dequantize()` makes of it"),
    WRITE: (
        "join the parts by the `cat` of a FloatFunctional, or dequantize both, and quantize what "
        "is whole"
    ),
    "copy": "copy what a DeQuantStub, or `dequantize()`, makes of it",
    LIKE: "name the device alone (`.to(x.device)`), and keep the tensor float",
    DTYPE: "name the dtype instead of asking the quantized tensor: `torch.float32`",
    PARAMETER: (
        "call the layer instead of computing with its weights, or keep it a float layer: "
        "`qconfig = None` and float inputs"
    ),
    VIEW: "use `torch.flatten(x, 1)` or `.reshape()`, which copy where they have to",
    LOST: "leave the call out: the int8 layer has nothing to flatten",
    NUMBER: "use `add_scalar` or `mul_scalar`, which take numbers",
    PART: (
        "write into what a DeQuantStub makes of it, and quantize the result by a QuantStub of its "
        "own"
    ),
    "threshold": "leave `inplace` out",
    FILL: (
        "mask what a DeQuantStub makes of it: a softmax behind the mask has no int8 kernel either"
    ),
    **dict.fromkeys(("pad_packed_sequence", "unpack_sequence"), "dequantize before it is packed"),
    "mean": "dequantize before it",
}

_QCONFIG_CURE = (
    "choose for it before prepare: `layer.qconfig = float_qparams_weight_only_qconfig`, or `None`, "
    "which leaves it float"
)

# Constructor arguments that int8 modules cannot have, and what to give instead.
_OPTION_CURES = {
    "inplace=True": "leave `inplace` out",
    "bidirectional=True": (
        "use two LSTMs, one of them on the flipped sequence, and a FloatFunctional to join them"
    ),
    "batch_first=True": "transpose to (length, batch, features) and leave `batch_first` out",
    "padding=valid": "leave `padding` out, which means the same",
    "weight_norm": "take it off before prepare: `torch.nn.utils.remove_weight_norm(layer)`",
    "spectral_norm": "take it off before prepare: `torch.nn.utils.remove_spectral_norm(layer)`",
    PACKED: "dequantize before it is packed, and quantize what comes of it, padded, again",
    "padding=same": "give the padding as a number: `kernel_size // 2` for odd kernels",
    **{
        f"padding_mode={mode}": "pad with zeros, or pad by a module of its own in a float island"
        for mode in ("reflect", "replicate", "circular")
    },
    **{
        f"mode={mode}": "use nearest or bilinear, which int8 has, or make a float island of it"
        for mode in ("linear", "bicubic", "trilinear")
    },
}


class UnsupportedOp(Rule):
    """A torch operation that int8 tensors have no kernel for.

    What it does
    ------------
    Finds functions, methods and operators on quantized tensors that the table of measurements
    says fail on every engine, or come out wrong: ``F.silu``, ``softmax``, ``-x``, ``x ** 2``,
    ``x.sum()``, ``torch.where``, ``F.linear``, ``F.layer_norm``, ``x.float()``, and many more;
    and ``y[...] = x`` with a quantized ``x``, if ``y`` is float or on another scale. The weights of
    a layer that convert swaps are no tensors any more, and the int8 ``nn.LSTM`` has no
    ``flatten_parameters``. Int8 convolutions put out channels last, and ``x.view(n, -1)`` cannot
    join the channels of several pixels.
    Arithmetic, concatenation and relu have rules of their own.

    Why is this bad
    ---------------
    The float and the fake-quant model run; the converted one raises NotImplementedError. An
    operation that is wrong instead says nothing at all: what ``x.mean()`` makes of everything is
    rounded to the input's grid (17.7 dB measured), and of a tensor that is written into part of
    another only the integers are copied, which mean other numbers on the other's scale.

    Example
    -------
    ::

        attention = F.softmax(x, dim=-1)

    Use instead
    -----------
    ::

        self.dequant, self.quant2 = DeQuantStub(), QuantStub()  # in __init__
        attention = self.quant2(F.softmax(self.dequant(x), dim=-1))

    Fix safety
    ----------
    ``--fix`` turns a ``view`` that fails into ``reshape``, which does the same. With
    ``--unsafe-fixes`` an operation without a kernel becomes a float island: what it gets is
    dequantized, and the result quantized by a QuantStub of its own.

    Limits
    ------
    An operation that fails on some engines only (``max_pool3d``, ``clamp`` with one bound on
    qnnpack), or in some of its calling forms, is not reported. A view of what a convolution puts
    out is one only where the view itself or the ``nn.Linear`` behind it says that there are more
    features than channels. Models quantized in graph mode fail at such views as well, but nothing
    is said of those.
    """

    code = "QL108"
    name = "unsupported-op"
    summary = "an operation that has no int8 kernel gets a quantized tensor"
    fixes = ("safe", "unsafe")
    examples = (
        Example(
            "no kernel",
            forward_example(
                "x = self.quant(x)",
                "x = nn.functional.silu(x)  # QL108",
                "x = torch.softmax(-x, dim=1) ** 2  # QL108, QL108, QL108",
                "x = nn.functional.interpolate(x, scale_factor=2, mode='bicubic')  # QL108",
                "return x.sum(1)  # QL108",
            ),
        ),
        Example(
            "casts do not leave int8",
            forward_example(
                "x = self.quant(x)",
                "y = x.to(torch.float32)  # QL108",
                "return x.float()  # QL108",
            ),
        ),
        Example(
            "written into a float tensor",
            forward_example(
                "x = self.quant(x)",
                "y = torch.zeros(2, 3, 8, 8)",
                "y[0] = x[0]  # QL108",
                "y[1] = self.dequant(x)[0]",
                "x[1] = x[0]",
                "return y",
            ),
        ),
        Example(
            "asked for its dtype",
            forward_example(
                "x = self.quant(x)",
                "mask = torch.zeros(8, 8, dtype=x.dtype)  # QL108",
                "mask = mask.to(x.dtype)  # QL108",
                "lowest = torch.finfo(x.dtype).min  # QL108",
                "mask = torch.zeros(8, 8, device=x.device, dtype=torch.float32)",
                "x = self.dequant(x)",
                "return x + mask.to(x.dtype) + torch.finfo(x.dtype).min",
            ),
        ),
        Example(
            "weights of a layer",
            forward_example(
                "y = x * self.conv.weight.mean()  # QL108",
                "x = self.conv(self.quant(x))",
                "y = self.conv.weight.abs() + self.conv.weight * 2  # QL108, QL108",
                "z = nn.functional.linear(y, self.conv.weight)  # QL108",
                "if self.conv.bias is not None:",
                "    y = y + 1",
                "return self.dequant(x), y",
            ),
        ),
        Example(
            "a view of what a convolution puts out",
            forward_example(
                "x = self.conv(self.quant(x))",
                "y = x.flatten(1), x.reshape(-1, 48), x.view(-1, 3, 48)",
                "return self.dequant(x.view(-1, 48)), y  # QL108",
            ),
        ),
        Example(
            "one number for a whole tensor",
            forward_example("x = self.quant(x)", "return self.dequant(x.mean())  # QL108"),
        ),
        Example(
            "operations with a kernel, and float tensors",
            forward_example(
                "x = torch.softmax(-x, dim=1) ** 2",
                "x = self.quant(x.float())",
                "x = nn.functional.interpolate(x, scale_factor=2, mode='bilinear')",
                "x = torch.sigmoid(x).mean((2, 3)).flatten(1).clamp(0.0, 6.0).to('cpu')",
                "x = nn.functional.dropout(x, 0.5, self.training)",
                "return self.dequant(x).float().sum()",
            ),
        ),
    )

    def on_unsupported_operation(self, event: UnsupportedOperation) -> Iterator[Finding]:
        """Report the operation."""
        if event.name == WRITE:
            message = _of_write(event)
        elif event.name in _MESSAGES:
            message = _MESSAGES[event.name].format(event.spelled)
        elif event.outcome is Outcome.WRONG:
            message = (
                f"`{event.spelled}` of a quantized tensor runs, but its result is rounded to the "
                "input's scale, which is far too coarse for it"
            )
        else:
            message = (
                f"`{event.spelled}` has no int8 kernel for this quantized tensor, so the converted "
                "model fails here"
            )
        repair = CallInstead("reshape") if event.name == VIEW else FloatIsland()
        yield Finding(event.site, message, _cure(event.name), repair)


# What happens where it is not just that there is no kernel.
_MESSAGES = {
    PART: (
        "this part of a quantized tensor does not lie in one piece, and int8 writes no numbers "
        "into such parts, so the converted model fails here"
    ),
    VIEW: (
        "`{}` joins channels and pixels, but what int8 convolutions put out lies channels last in "
        "memory, so the converted model fails here"
    ),
    PARAMETER: (
        "`{}` is a method of the int8 layer that convert makes, so code that takes it for a tensor "
        "fails in the converted model"
    ),
    LOST: (
        "prepare replaces this layer by one that does not have `{}`, so the prepared model fails "
        "here"
    ),
    NUMBER: (
        "`{}` gets a number, but its int8 form takes tensors only, so the converted model fails "
        "here"
    ),
    FILL: (
        "`{}` writes a number far beyond the grid of this quantized tensor; what stands there then "
        "is the end of its int8 range"
    ),
    LIKE: (
        "`{}` cannot make a float tensor like this quantized one, so the converted model fails here"
    ),
    DTYPE: (
        "`{}` gets the dtype of a quantized tensor, which it cannot do anything with, so the "
        "converted model fails here"
    ),
}


def _cure(name: str) -> str:
    plain = name.removesuffix("_")
    if plain != name and of_operation(plain, "torch.", lambda _: "") not in BAD:
        return f"use `{plain}`, which makes a new tensor and has an int8 kernel"
    return _CURES.get(plain, _ISLAND)


def _of_write(event: UnsupportedOperation) -> str:
    if event.outcome is Outcome.WRONG:
        return (
            "only the integers of this quantized tensor are copied: on the scale of the one that "
            "they are written into they are other numbers"
        )
    return (
        "a quantized tensor cannot be written into a float one, or by a mask or list of indices, "
        "so the converted model fails here"
    )


_HEAD = """\
import torch
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class LayerNorm2d(nn.LayerNorm):
    pass


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
"""


def _example(made: str, *lines: str) -> str:
    head = _HEAD + f"        self.layer = {made}\n\n    def forward(self, x):\n"
    return head + "".join(f"        {line}\n" for line in lines)


def _with_article(name: str) -> str:
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


class UnsupportedLayer(Rule):
    """A module that does not run on int8 tensors once the model is converted.

    What it does
    ------------
    Finds calls on quantized tensors of

    - modules that convert leaves as float modules and that have no int8 kernel: ``SiLU``,
      ``Softmax``, ``Mish``, ``GRU``, ``AdaptiveMaxPool2d``, ``TransformerEncoderLayer`` and others;
    - ``PReLU``, whose int8 form is wrong;
    - instances of *subclasses* of layers that convert would swap;
    - layers, and FloatFunctionals, that convert does not find: made in ``forward``, or called from
      a plain list or dict, a plain object or under a second name;
    - layers with arguments that no int8 module can have: ``Conv2d(padding="same")``,
      ``Upsample(mode="bicubic")``, ``MaxPool2d(return_indices=True)``,
      ``BatchNorm2d(affine=False)``; an ``LSTM`` that gets a ``PackedSequence``;
    - an ``Embedding`` or ``EmbeddingBag`` in a model that the program prepares, with no qconfig of
      its own: convert raises AssertionError;
    - layers under ``weight_norm`` or ``spectral_norm``, whose weights convert does not find.

    Why is this bad
    ---------------
    Convert looks for exact types. It swaps ``nn.LayerNorm`` for an int8 module, but leaves a
    ``class LayerNorm2d(nn.LayerNorm)`` as it is; that then gets int8 tensors and raises
    NotImplementedError. The float and the fake-quant model run, so this shows after training.
    ``MultiheadAttention(batch_first=True)`` raises nothing: its int8 form mixes up the heads
    (torch 2.13; -2 dB measured). Nor does ``LSTM(bidirectional=True)``, which joins the two
    directions with the scale of the first.

    Example
    -------
    ::

        self.act = nn.SiLU()
        ...
        x = self.act(self.conv(x))

    Use instead
    -----------
    ::

        self.act = nn.Hardswish()  # has an int8 kernel
        ...
        x = self.act(self.conv(x))

    Fix safety
    ----------
    ``--unsafe-fixes`` makes a float island of the module: a derived class, ``FloatSiLU``, with a
    DeQuantStub before it and a QuantStub of its own behind it. Replacing the activation by one that
    int8 has is faster, but takes retraining. ``--fix`` makes a FloatFunctional that ``forward``
    makes anew each time once, in ``__init__``.

    Limits
    ------
    ``BatchNorm1d`` directly behind a ``Conv1d`` or ``Linear`` is taken to be fused with it.
    ``ConvTranspose`` fails with per-channel weight observers only, and is not reported.
    """

    code = "QL109"
    name = "unsupported-module"
    summary = "a module that convert cannot make run on int8 gets a quantized tensor"
    fixes = ("safe", "unsafe")
    examples = (
        Example(
            "no kernel",
            _example("nn.SiLU()", "x = self.quant(x)", "return self.layer(x)  # QL109"),
        ),
        Example(
            "inside a Sequential",
            _example(
                "nn.Sequential(nn.Conv2d(3, 3, 1), nn.Mish())",
                "return self.dequant(self.layer(self.quant(x)))  # QL109",
            ),
        ),
        Example(
            "a subclass of a layer that would be swapped",
            _example("LayerNorm2d(3)", "x = self.quant(x)", "return self.layer(x)  # QL109"),
        ),
        Example(
            "in a plain list",
            _example(
                "[nn.Conv2d(3, 3, 1)]",
                "x = self.quant(x)",
                "return self.layer[0](x)  # QL109",
            ),
        ),
        Example(
            "in a list of modules",
            _example(
                "nn.ModuleList([nn.Conv2d(3, 3, 1)])",
                "return self.dequant(self.layer[0](self.quant(x)))",
            ),
        ),
        Example(
            "arguments that int8 modules cannot have",
            _example(
                "nn.Conv2d(3, 3, 3, padding='same')",
                "x = self.quant(x)",
                "return self.dequant(self.layer(x))  # QL109",
            ),
        ),
        Example(
            "swapped by convert",
            _example("nn.LayerNorm(3)", "x = self.quant(x)", "return self.dequant(self.layer(x))"),
        ),
        Example(
            "fused",
            _example(
                "nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU())",
                "return self.dequant(self.layer(self.quant(x)))",
            ),
        ),
        Example(
            "on float tensors",
            _example("nn.SiLU()", "return self.layer(self.dequant(self.quant(self.layer(x))))"),
        ),
    )

    def on_unsupported_module(self, event: UnsupportedModule) -> Iterator[Finding]:
        """Report the call."""
        is_functional = event.base in FUNCTIONALS
        name = (
            event.base.rpartition(".")[2]
            if is_functional
            else event.base.replace("torch.nn.", "nn.")
        )
        if event.cls is None:
            is_a = f"{'a' if is_functional else 'an'} {name}"
        else:
            is_a = _with_article(event.cls)
            if not event.out_of_reach:
                is_a += f", derived from {name}"
        given = f" with {event.option}" if event.option else ""
        callee = event.callee or "self"
        island = _KEPT_ISLAND if is_swapped(event.base) else _ISLAND
        cure = _OPTION_CURES.get(event.option, island)
        if event.out_of_reach:
            message = (
                f"`{callee}` is {is_a} that convert does not find: it swaps what is registered in "
                "a module, under the first of its names; this one stays float and fails on int8"
            )
            cure = (
                "make it an attribute of the module in __init__, or put it into an nn.ModuleList "
                "or nn.ModuleDict that is one, and call it from there"
            )
        elif event.cls is not None and (is_swapped(event.base) or is_functional):
            message = (
                f"`{callee}` is a {event.cls}, derived from {name}; convert swaps exact "
                "types only, so it stays a float module and fails on this int8 tensor"
            )
            around = "" if is_functional else " (reshape around it)"
            cure = (
                f"use {name} itself{around}, or make a float island: a DeQuantStub "
                "before it and a QuantStub of its own behind it"
            )
        elif event.option == QCONFIG:
            message = (
                f"`{callee}` is {is_a} with {event.option}; convert stops at it, for embeddings "
                "can have no other than `float_qparams_weight_only_qconfig`"
            )
            yield Finding(event.site, message, _QCONFIG_CURE)
            return
        elif event.outcome is Outcome.WRONG:
            message = f"`{callee}` is {is_a}{given}; its int8 form gives wrong results"
        elif event.option:
            message = (
                f"`{callee}` is {is_a}{given}, which no int8 kernel can do, so "
                "the converted model fails here"
            )
        else:
            message = (
                f"`{callee}` is {is_a}, which has no int8 form, so the converted model fails here"
            )
        yield Finding(event.site, message, cure, FloatIsland())
