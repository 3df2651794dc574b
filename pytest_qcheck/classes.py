"""Which classes of torch fuse into what: the one place that names torch.ao's fused classes.

`float_sequence` translates a module of any stage (float, fused, QAT, converted) into the
float classes it stands for, so that the fusion assertions read one language.
"""

from __future__ import annotations

from functools import cache

import torch.ao.nn.intrinsic as nni
import torch.ao.nn.intrinsic.qat as nniqat
import torch.ao.nn.quantized as nnq
from torch import nn
from torch.ao.nn.intrinsic.modules.fused import _FusedModule
from torch.ao.quantization import quantization_mappings
from torch.ao.quantization.fuser_method_mappings import get_fuser_method
from torch.nn.utils.parametrize import type_before_parametrizations

Sequence = tuple[type[nn.Module], ...]

FUNCTIONALS = (nnq.FloatFunctional, nnq.FXFloatFunctional, nnq.QFunctional)
FUNCTIONAL_METHODS = ("add", "add_relu", "add_scalar", "cat", "matmul", "mul", "mul_scalar")

_FUSED: dict[type[nn.Module], Sequence] = {
    nni.ConvBn1d: (nn.Conv1d, nn.BatchNorm1d),
    nni.ConvBn2d: (nn.Conv2d, nn.BatchNorm2d),
    nni.ConvBn3d: (nn.Conv3d, nn.BatchNorm3d),
    nni.ConvBnReLU1d: (nn.Conv1d, nn.BatchNorm1d, nn.ReLU),
    nni.ConvBnReLU2d: (nn.Conv2d, nn.BatchNorm2d, nn.ReLU),
    nni.ConvBnReLU3d: (nn.Conv3d, nn.BatchNorm3d, nn.ReLU),
    nni.ConvReLU1d: (nn.Conv1d, nn.ReLU),
    nni.ConvReLU2d: (nn.Conv2d, nn.ReLU),
    nni.ConvReLU3d: (nn.Conv3d, nn.ReLU),
    nni.LinearReLU: (nn.Linear, nn.ReLU),
    nni.LinearBn1d: (nn.Linear, nn.BatchNorm1d),
    nni.BNReLU2d: (nn.BatchNorm2d, nn.ReLU),
    nni.BNReLU3d: (nn.BatchNorm3d, nn.ReLU),
}
_SAME_AS_LINEAR = nn.modules.linear.NonDynamicallyQuantizableLinear
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@cache
def _later_stages() -> dict[type, type]:
    """QAT and converted classes with the float or fused class that each replaces.

    Converted classes that stand for several are mapped to the simplest: `nnq.Conv2d` also
    comes from `nniqat.ConvBn2d`.
    """
    stages: dict[type, type] = {nniqat.LinearBn1d: nni.LinearBn1d}
    for float_class, qat_class in quantization_mappings.DEFAULT_QAT_MODULE_MAPPINGS.items():
        stages.setdefault(qat_class, float_class)  # type: ignore[arg-type]
    mappings = quantization_mappings.DEFAULT_STATIC_QUANT_MODULE_MAPPINGS
    for float_class, quantized_class in mappings.items():
        if float_class not in stages and float_class is not _SAME_AS_LINEAR:
            stages.setdefault(quantized_class, float_class)  # type: ignore[arg-type]
    return stages


def float_class(module: nn.Module) -> type[nn.Module]:
    """The float or fused class that `module` is, or that its QAT or int8 class replaces."""
    kind = type_before_parametrizations(module)
    if kind is _SAME_AS_LINEAR:
        return nn.Linear
    return _later_stages().get(kind, kind)


def float_sequence(module: nn.Module) -> Sequence:
    """The float classes that `module` computes one after the other."""
    kind = float_class(module)
    return _FUSED.get(kind, (kind,))


def is_fused(module: nn.Module) -> bool:
    """Whether `module` is a fused module that shows it: more than one float class in one."""
    return len(float_sequence(module)) > 1 or isinstance(module, _FusedModule)


def is_fusible(sequence: Sequence) -> bool:
    """Whether torch's fuser takes modules of exactly these classes, in this order."""
    if len(sequence) < 2:
        return False
    try:
        return get_fuser_method(sequence) is not None  # type: ignore[no-untyped-call]
    except AssertionError:  # torch's way to say that there is none
        return False


def starts_fusion(module: nn.Module) -> bool:
    """Whether some fusible sequence begins with `module`."""
    kind = float_sequence(module)[0]
    return kind in _fusion_heads()


@cache
def _fusion_heads() -> frozenset[type]:
    convs = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    transposed = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
    heads = (*convs, *transposed, nn.Linear, *_BATCH_NORMS)
    tails = (nn.ReLU, *_BATCH_NORMS)
    return frozenset(head for head in heads if any(is_fusible((head, tail)) for tail in tails))


def has_batch_norm(sequence: Sequence) -> bool:
    """Whether a batch norm is one of the classes."""
    return any(kind in _BATCH_NORMS for kind in sequence)


def describe(sequence: Sequence) -> str:
    """`Conv2d + BatchNorm2d + ReLU`."""
    return " + ".join(kind.__name__ for kind in sequence)
