"""Measure what the installed torch does with int8 tensors, and write qlint's table of it.

``python tests/qlint/semantics/measure.py`` writes ``qlint/semantics/kernels.json``;
``test_kernels.py`` fails when the table and the installed torch disagree.

A function or method is called in every way of ``_CALLS`` (or its own entry in ``_OWN_CALLS``) that
works on float tensors. It ``fails`` if no such call works on int8 tensors; otherwise the first call
that works tells what comes out.
"""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn
from torch.ao import quantization
from torch.nn.utils import rnn

TABLE = Path(__file__).parents[3] / "qlint" / "semantics" / "kernels.json"
ENGINES = ("x86", "fbgemm", "qnnpack", "onednn")
# Less than this, against the same operation on dequantized inputs, is not rounding.
_MIN_SQNR_DB = 20.0
# Where the functions and methods are; the namespaces come last, as canonical names have it.
_OWNERS = (torch, F, torch.Tensor, torch.fft, torch.linalg, torch.special, rnn)

Call = Callable[[Callable[..., Any], torch.Tensor, torch.Tensor], Any]

_CALLS: tuple[Call, ...] = (
    lambda f, x, y: f(x),
    lambda f, x, y: f(x, 1),
    lambda f, x, y: f(x, 2.0),
    lambda f, x, y: f(x, y),
    lambda f, x, y: f(x, (2, 2)),
    lambda f, x, y: f(x, 0.0, 6.0),
    lambda f, x, y: f(x, 1, 2),
    lambda f, x, y: f(x, y, y),
    lambda f, x, y: f(x, (1, 1), (0, 1)),
    lambda f, x, y: f(x, 0.1, 0.2, False),
)
_OWN_CALLS: dict[str, Call] = {
    "where": lambda f, x, y: f(x > 0, x, y),
    "addmm": lambda f, x, y: f(x[0, 0], x[0, 1], y[0, 2]),
    "addmv": lambda f, x, y: f(x[0, 0, 0], x[0, 1], y[0, 2, 0]),
    "addbmm": lambda f, x, y: f(x[0, 0], x[0], y[0]),
    "baddbmm": lambda f, x, y: f(x[0], x[0], y[0]),
    "bmm": lambda f, x, y: f(x[0], y[0]),
    "mm": lambda f, x, y: f(x[0, 0], y[0, 0]),
    "mv": lambda f, x, y: f(x[0, 0], y[0, 0, 0]),
    "dot": lambda f, x, y: f(x[0, 0, 0], y[0, 0, 0]),
    "vdot": lambda f, x, y: f(x[0, 0, 0], y[0, 0, 0]),
    "inner": lambda f, x, y: f(x[0, 0], y[0, 0]),
    "outer": lambda f, x, y: f(x[0, 0, 0], y[0, 0, 0]),
    "ger": lambda f, x, y: f(x[0, 0, 0], y[0, 0, 0]),
    "einsum": lambda f, x, y: f("nchw,nchv->ncwv", x, y),
    "tensordot": lambda f, x, y: f(x, y, dims=([3], [3])),
    "pad_sequence": lambda f, x, y: f([x, y]),
    "pack_sequence": lambda f, x, y: f([x, y]),
    "pack_padded_sequence": lambda f, x, y: f(x[0], [4, 4, 3, 3, 2, 1]),
    "pad_packed_sequence": lambda f, x, y: f(rnn.pack_padded_sequence(x[0], [4, 4, 3, 3, 2, 1])),
    "unpad_sequence": lambda f, x, y: f(x, torch.tensor([2, 2, 1, 1])),
    "unpack_sequence": lambda f, x, y: f(rnn.pack_padded_sequence(x[0], [4, 4, 3, 3, 2, 1])),
    "gather": lambda f, x, y: f(x, 0, torch.zeros(x.shape, dtype=torch.long)),
    "take_along_dim": lambda f, x, y: f(x, torch.zeros(x.shape, dtype=torch.long), 0),
    "take": lambda f, x, y: f(x, torch.tensor([0, 5])),
    "index_select": lambda f, x, y: f(x, 0, torch.tensor([1, 0])),
    "index_add": lambda f, x, y: f(x, 0, torch.tensor([1, 0]), y),
    "index_copy": lambda f, x, y: f(x, 0, torch.tensor([1, 0]), y),
    "index_fill": lambda f, x, y: f(x, 0, torch.tensor([1]), 0.0),
    "scatter": lambda f, x, y: f(x, 0, torch.zeros(x.shape, dtype=torch.long), y),
    "scatter_add": lambda f, x, y: f(x, 0, torch.zeros(x.shape, dtype=torch.long), y),
    "scatter_reduce": lambda f, x, y: f(
        x, 0, torch.zeros(x.shape, dtype=torch.long), y, reduce="sum"
    ),
    "masked_fill": lambda f, x, y: f(x, x > 0, 0.0),
    "masked_select": lambda f, x, y: f(x, x > 0),
    "masked_scatter": lambda f, x, y: f(x, x > 0, y),
    "lerp": lambda f, x, y: f(x, y, 0.5),
    "quantile": lambda f, x, y: f(x, 0.5),
    "nanquantile": lambda f, x, y: f(x, 0.5),
    "conv1d": lambda f, x, y: f(x[:, :, 0], torch.randn(3, 4, 1)),
    "conv2d": lambda f, x, y: f(x, torch.randn(3, 4, 1, 1)),
    "conv3d": lambda f, x, y: f(x[None], torch.randn(3, 2, 1, 1, 1)),
    "conv_transpose1d": lambda f, x, y: f(x[:, :, 0], torch.randn(4, 3, 1)),
    "conv_transpose2d": lambda f, x, y: f(x, torch.randn(4, 3, 1, 1)),
    "conv_transpose3d": lambda f, x, y: f(x[None], torch.randn(2, 3, 1, 1, 1)),
    "linear": lambda f, x, y: f(x, torch.randn(5, 6)),
    "bilinear": lambda f, x, y: f(x, y, torch.randn(5, 6, 6)),
    "layer_norm": lambda f, x, y: f(x, (6,)),
    "rms_norm": lambda f, x, y: f(x, (6,)),
    "batch_norm": lambda f, x, y: f(x, torch.zeros(4), torch.ones(4)),
    "instance_norm": lambda f, x, y: f(x),
    "group_norm": lambda f, x, y: f(x, 2),
    "local_response_norm": lambda f, x, y: f(x, 2),
    "prelu": lambda f, x, y: f(x, torch.full((4,), 0.25)),
    "leaky_relu": lambda f, x, y: f(x, 0.01),
    "threshold": lambda f, x, y: f(x, 0.1, 0.0),
    "dropout": lambda f, x, y: f(x, 0.5, False),
    "dropout1d": lambda f, x, y: f(x[0], 0.5, False),
    "dropout2d": lambda f, x, y: f(x, 0.5, False),
    "dropout3d": lambda f, x, y: f(x[None], 0.5, False),
    "alpha_dropout": lambda f, x, y: f(x, 0.5, False),
    "feature_alpha_dropout": lambda f, x, y: f(x, 0.5, False),
    "feature_dropout": lambda f, x, y: f(x, 0.5, False),
    "interpolate": lambda f, x, y: f(x, scale_factor=2.0),
    "upsample": lambda f, x, y: f(x, scale_factor=2),
    "upsample_bilinear": lambda f, x, y: f(x, scale_factor=2),
    "upsample_nearest": lambda f, x, y: f(x, scale_factor=2),
    "pad": lambda f, x, y: f(x, (1, 1, 1, 1)),
    "grid_sample": lambda f, x, y: f(x, torch.zeros(2, 3, 3, 2), align_corners=False),
    "scaled_dot_product_attention": lambda f, x, y: f(x, y, y),
    "unfold": lambda f, x, y: f(x, 1, 2, 1),
    "fold": lambda f, x, y: f(x[:, :, 0, :].reshape(2, 4, 6), (3, 4), (2, 2)),
    "max_pool1d": lambda f, x, y: f(x[0], 2),
    "avg_pool1d": lambda f, x, y: f(x[0], 2),
    "max_pool3d": lambda f, x, y: f(x[None], 2),
    "avg_pool3d": lambda f, x, y: f(x[None], 2),
    "adaptive_avg_pool1d": lambda f, x, y: f(x[0], 2),
    "adaptive_max_pool1d": lambda f, x, y: f(x[0], 2),
    "adaptive_avg_pool3d": lambda f, x, y: f(x[None], 2),
    "adaptive_max_pool3d": lambda f, x, y: f(x[None], 2),
    "lp_pool1d": lambda f, x, y: f(x[0], 2.0, 2),
    "lp_pool2d": lambda f, x, y: f(x, 2.0, 2),
    "pixel_shuffle": lambda f, x, y: f(x, 2),
    "pixel_unshuffle": lambda f, x, y: f(x, 2),
    "channel_shuffle": lambda f, x, y: f(x, 2),
    "native_channel_shuffle": lambda f, x, y: f(x, 2),
    "gumbel_softmax": lambda f, x, y: f(x),
    "mean": lambda f, x, y: f(x, (2, 3)),
    "to": lambda f, x, y: f(x, "cpu"),
    "type": lambda f, x, y: f(x, torch.float32),
    "view": lambda f, x, y: f(x, (2, -1)),
    "reshape": lambda f, x, y: f(x, (2, -1)),
    "expand": lambda f, x, y: f(x[:, :1], (2, 4, 6, 6)),
    "expand_as": lambda f, x, y: f(x[:, :1], x),
    "repeat": lambda f, x, y: f(x, (1, 1, 2, 1)),
    "tile": lambda f, x, y: f(x, (2,)),
    "permute": lambda f, x, y: f(x, (0, 2, 3, 1)),
    "movedim": lambda f, x, y: f(x, 1, 2),
    "split_with_sizes": lambda f, x, y: f(x, [1, 3], 1),
    "narrow": lambda f, x, y: f(x, 1, 0, 2),
    "select": lambda f, x, y: f(x, 1, 0),
    "unflatten": lambda f, x, y: f(x, 1, (2, 2)),
    "as_strided": lambda f, x, y: f(x, (2, 3), (3, 1)),
    "roll": lambda f, x, y: f(x, 1),
    "rot90": lambda f, x, y: f(x),
    "cross": lambda f, x, y: f(x[..., :3], y[..., :3], dim=3),
    "cdist": lambda f, x, y: f(x, y),
    "cosine_similarity": lambda f, x, y: f(x, y),
    "pairwise_distance": lambda f, x, y: f(x, y),
    "hardtanh": lambda f, x, y: f(x),
    "clamp": lambda f, x, y: f(x, 0.0, 6.0),
    "clip": lambda f, x, y: f(x, 0.0, 6.0),
    "addcmul": lambda f, x, y: f(x, x, y),
    "addcdiv": lambda f, x, y: f(x, x, y),
    "renorm": lambda f, x, y: f(x, 2, 0, 1.0),
    "fill_": lambda f, x, y: f(x, 0.0),
    "copy_": lambda f, x, y: f(x, y),
    "fill": lambda f, x, y: f(x, 0.0),
    "repeat_interleave": lambda f, x, y: f(x, 2),
    **{
        name: lambda f, x, y: f(x, (2, 2))
        for name in "new_zeros new_ones new_empty new_full new_tensor".split()
    },
    "new_full": lambda f, x, y: f(x, (2, 2), 0.0),
    "cat": lambda f, x, y: f([x, y], 1),
    "concat": lambda f, x, y: f([x, y], 1),
    "concatenate": lambda f, x, y: f([x, y], 1),
    "stack": lambda f, x, y: f([x, y], 1),
    "hstack": lambda f, x, y: f([x, y]),
    "vstack": lambda f, x, y: f([x, y]),
    "dstack": lambda f, x, y: f([x, y]),
    "column_stack": lambda f, x, y: f([x, y]),
    "row_stack": lambda f, x, y: f([x, y]),
    "stft": lambda f, x, y: f(x.flatten(1), 4, return_complex=True),
    "multi_dot": lambda f, x, y: f([x[0, 0], y[0, 0]]),
    "vecdot": lambda f, x, y: f(x, y),
    "chain_matmul": lambda f, x, y: f(x[0, 0], y[0, 0]),
    "rand_like": lambda f, x, y: f(x),
    "randn_like": lambda f, x, y: f(x),
    "bernoulli": lambda f, x, y: f(torch.sigmoid(x)),
    **dict.fromkeys(
        ("cross_entropy", "nll_loss"), lambda f, x, y: f(x[:, :, 0, 0], torch.tensor([0, 1]))
    ),
    **dict.fromkeys(
        ("binary_cross_entropy", "binary_cross_entropy_with_logits"),
        lambda f, x, y: f(torch.sigmoid(x), torch.sigmoid(y)),
    ),
    "affine_grid": lambda f, x, y: f(x[:, 0, :2, :3], (2, 3, 4, 4), align_corners=False),
    "bucketize": lambda f, x, y: f(x, torch.ones(1)),
    "view_as_complex": lambda f, x, y: f(x.reshape(-1, 2)),
    "multinomial": lambda f, x, y: f(torch.sigmoid(x[0, 0]), 2),
    "block_diag": lambda f, x, y: f(x[0, 0], y[0, 0]),
    "combinations": lambda f, x, y: f(x[0, 0, 0]),
    "polygamma": lambda f, x, y: f(1, x),
    "searchsorted": lambda f, x, y: f(torch.linspace(-1.0, 1.0, 3), x),
    **dict.fromkeys(("cov", "corrcoef", "trace"), lambda f, x, y: f(x[0, 0])),
    # These answer with what is no tensor; that they answer is what counts.
    "numpy": lambda f, x, y: torch.as_tensor(f(x)),
    "tolist": lambda f, x, y: torch.as_tensor(f(x)),
    "allclose": lambda f, x, y: torch.as_tensor(f(x, y)),
}
for _name in ("add", "sub", "mul", "div", "fmod", "remainder", "pow", "rsub", "maximum", "minimum"):
    _OWN_CALLS[_name] = lambda f, x, y: f(x, y)

_DTYPES = "float float32 double float64 half float16 bfloat16 int int32 int64 long".split()

# Arguments that decide whether there is a kernel: where they stand among the positional ones, what
# they are when left out, and a call for each value that was measured.
_OPTIONS: dict[str, tuple[str, int, str, dict[str, Call]]] = {
    "interpolate": ("mode", 3, "nearest", {
        mode: lambda f, x, y, mode=mode: f(x, scale_factor=2.0, mode=mode)
        for mode in ("nearest", "nearest-exact", "bilinear", "bicubic", "area")
    } | {
        "linear": lambda f, x, y: f(x[:, 0], scale_factor=2.0, mode="linear"),
        "trilinear": lambda f, x, y: f(x[None], scale_factor=2.0, mode="trilinear"),
    }),
    "pad": ("mode", 2, "constant", {
        mode: lambda f, x, y, mode=mode: f(x, (1, 1, 1, 1), mode=mode)
        for mode in ("constant", "reflect", "replicate", "circular")
    }),
    "mean": ("dim", 1, "None", {"None": lambda f, x, y: f(x)}),
    "max_pool2d": ("return_indices", 6, "False", {
        str(given): lambda f, x, y, given=given: f(x, 2, return_indices=given)
        for given in (True, False)
    }),
    **{name: ("training", 2, default, {
        str(training): lambda f, x, y, training=training: f(x, 0.5, training)
        for training in (True, False)
    }) for name, default in (
        ("dropout", "True"),
        ("dropout2d", "True"),
        ("alpha_dropout", "False"),
        ("feature_alpha_dropout", "False"),
    )},
    "threshold": ("inplace", 3, "False", {
        str(given): lambda f, x, y, given=given: f(x, 0.1, 0.0, given) for given in (True, False)
    }),
    "to": ("dtype", 1, "None", {
        f"torch.{dtype}": lambda f, x, y, dtype=dtype: f(x, getattr(torch, dtype))
        for dtype in _DTYPES
    }),
}  # fmt: skip

# What is not a computation on tensors.
_NO_OPERATIONS = (
    "new_empty "  # whose values are whatever stood there
    "set_ get_ is_ use_ manual_ seed load save compile import_ vmap cudnn miopen quantize fbgemm "
    "mkldnn sym_ init_ fork wait script rand empty register_ resize q_ int_repr dequantize "
    "handle_ has_ quantized_ choose_ fake_quant fused_moving share_memory storage untyped_ "
    "data_ptr pin_memory requires_grad retain_ record_stream cuda cpu xpu mps ipu hpu mtia "
    "to_ sparse coalesce values indices crow_ ccol_ col_ row_indices refine_names rename align_ "
    "module_load as_subclass assert_ unsafe_ detach_ multi_head embedding ctc_loss adaptive_log "
    "margin_ multi multilabel hinge soft_margin triplet cosine_embedding "
    "gaussian_nll poisson_nll swap_tensors "
    "put_ index_put scatter_ resolve_ profiler lstm gru rnn_ native_ binomial poisson bernoulli "
    "normal_ uniform_ cauchy_ exponential_ geometric_ log_normal_ random_ backward numpy tolist "
    "frombuffer from_ as_tensor asarray tensor_split initial_seed dropout_ "
    "alpha_dropout_ feature_dropout_ feature_alpha_dropout_ set "
    "unravel lobpcg pca_lowrank svd_lowrank eig chol "
    "lu qr svd inv pinv logdet slogdet matrix_exp matrix_power matrix_rank "
    "solve tensorinv tensorsolve geqrf orgqr ormqr triangular "
    "lstsq constant_pad_nd apply_ map_ map2_ batch_norm_ nonzero_static narrow_copy sparse_ "
    "istft cond while_loop segment_reduce bincount histc histogram "
    "frac_ trace vander trapezoid trapz cumulative_trapezoid gradient cov corrcoef dsmm hsmm smm "
    "spmm sspaddmm hspmm saddmm grid_sampler layer_norm_ conv_tbc convolution "
    "searchsorted one_hot pdist block_diag cartesian_prod combinations einsum_ "
    "broadcast_tensors meshgrid can_cast promote_types result_type Tensor msort_ polar "
    "complex view_as_complex view_as_real igamma mvlgamma polygamma zeta"
).split()


# What those words leave out and people do call on tensors inside a model.
_ALSO = (
    "rand_like randn_like bernoulli multinomial block_diag numpy tolist allclose view_as_complex "
    "scatter_add scatter_reduce histc searchsorted trapezoid trapz cumulative_trapezoid trace cov "
    "corrcoef polygamma complex combinations"
).split()


def operations() -> list[str]:
    """Names of all functions and methods of torch that compute something on tensors."""
    names = {
        name
        for owner in _OWNERS
        for name in dir(owner)
        if name.islower() and not name.startswith("_") and callable(getattr(owner, name))
    }
    plain = {name for name in names if not any(name.startswith(each) for each in _NO_OPERATIONS)}
    # What works in place is known by the name of what does not.
    in_place = {n for n in plain if n.endswith("_") and n[:-1] in plain}
    return sorted((plain | set(_ALSO)) - in_place - {"tensor"})


def in_place_forms(names: Collection[str]) -> Iterator[str]:
    """The in-place forms of operations; most have the same kernel."""
    for name in names:
        if not name.endswith("_") and any(callable(each) for each in forms(name + "_")):
            yield name + "_"


def inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """Two int8 tensors of one shape, on different grids."""
    generator = torch.Generator().manual_seed(0)
    small, large = (torch.randn(2, 4, 6, 6, generator=generator) * size for size in (1.0, 4.0))
    return (
        torch.quantize_per_tensor(small, 0.03, 120, torch.quint8),
        torch.quantize_per_tensor(large, 0.12, 130, torch.quint8),
    )


def forms(name: str) -> Iterator[Callable[..., Any]]:
    """The function and the method of that name."""
    for owner in _OWNERS:
        if callable(found := getattr(owner, name, None)):
            yield found


def measure_operation(name: str) -> dict[str, Any] | None:
    """What comes of calling one function or method; None if no call of ours suits it."""
    plain = name if name in _OWN_CALLS else name.removesuffix("_")
    calls = (_OWN_CALLS[plain],) if plain in _OWN_CALLS else _CALLS
    suiting = [
        (form, call, expected)
        for form in forms(name)
        for call in calls
        if (expected := _float_result(form, call)) is not None
    ]
    if not suiting:
        return None
    results = {}
    for engine in ENGINES:
        torch.backends.quantized.engine = engine
        outcomes = [_outcome(form, call, expected) for form, call, expected in suiting]
        results[engine] = next((each for each in outcomes if each != "fails"), "fails")
    working = [each for each in results.values() if each != "fails"]
    entry: dict[str, Any] = {"result": working[0] if working else "fails"}
    failing = [engine for engine, each in results.items() if each == "fails"]
    if working and failing:
        entry["fails_on"] = failing
    functional = getattr(F, name, None)
    outcomes = {_outcome(*each) for each in suiting if each[0] is functional}
    if outcomes == {"fails"} and working:
        entry["functional"] = "fails"
    if name in _OPTIONS:
        argument, position, default, option_calls = _OPTIONS[name]
        form = getattr(F, name, None) or next(forms(name))
        values = {
            value: _outcome(form, call, expected)
            for value, call in option_calls.items()
            if (expected := _float_result(form, call)) is not None
        }
        entry["option"] = {"name": argument, "at": position, "default": default, **values}
    return entry


def _first_tensor(value: Any) -> torch.Tensor | None:
    if isinstance(value, torch.Tensor):
        return value
    if isinstance(value, (tuple, list)) and value:
        return _first_tensor(value[0])
    return None


def _float_result(form: Callable[..., Any], call: Call) -> torch.Tensor | None:
    x, y = (each.dequantize() for each in inputs())
    torch.manual_seed(1)
    try:
        return _first_tensor(call(form, x, y))
    except Exception:
        return None


def _outcome(form: Callable[..., Any], call: Call, expected: torch.Tensor) -> str:
    x, y = inputs()
    torch.manual_seed(1)
    try:
        got = _first_tensor(call(form, x, y))
        values = None if got is None else got.dequantize()
    except Exception:
        return "fails"
    if got is None or values is None or not got.is_quantized:
        return "not quantized"
    if expected.is_floating_point() and expected.shape == got.shape:
        error = (expected - values).double().pow(2).sum()
        signal = expected.double().pow(2).sum()
        if error > 0 and 10 * torch.log10(signal / error) < _MIN_SQNR_DB:
            return "wrong"
    # Some kernels keep the scale in single precision.
    same = abs(got.q_scale() - 0.03) < 1e-8 and got.q_zero_point() == 120
    return "int8, same qparams" if same else "int8"


_IMAGE, _SEQUENCE, _VOLUME = (2, 8, 8, 8), (2, 8, 8), (2, 8, 4, 8, 8)
_SHAPE_OF_MODE = {"linear": _SEQUENCE, "trilinear": _VOLUME}
_MODULES: dict[str, tuple[tuple[int, ...], Callable[[], nn.Module]]] = {
    **{f"Conv{n}d": (s, lambda n=n: getattr(nn, f"Conv{n}d")(8, 8, 1)) for n, s in
       ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    **{f"ConvTranspose{n}d": (s, lambda n=n: getattr(nn, f"ConvTranspose{n}d")(8, 8, 1))
       for n, s in ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    **{f"BatchNorm{n}d": (s, lambda n=n: getattr(nn, f"BatchNorm{n}d")(8)) for n, s in
       ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    "SyncBatchNorm": (_IMAGE, lambda: nn.SyncBatchNorm(8)),
    **{f"InstanceNorm{n}d": (s, lambda n=n: getattr(nn, f"InstanceNorm{n}d")(8)) for n, s in
       ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    "Linear": ((2, 8), lambda: nn.Linear(8, 8)),
    "Bilinear": ((2, 8), lambda: _Twice(nn.Bilinear(8, 8, 8))),
    "GroupNorm": (_IMAGE, lambda: nn.GroupNorm(2, 8)),
    "LayerNorm": ((2, 8), lambda: nn.LayerNorm(8)),
    "LocalResponseNorm": (_IMAGE, lambda: nn.LocalResponseNorm(2)),
    "RMSNorm": ((2, 8), lambda: nn.RMSNorm(8)),
    "CrossMapLRN2d": (_IMAGE, lambda: nn.CrossMapLRN2d(2)),
    **{name: (_IMAGE, getattr(nn, name)) for name in (
        "ReLU ReLU6 LeakyReLU PReLU ELU CELU SELU SiLU GELU Mish Hardswish Hardsigmoid Hardtanh "
        "Sigmoid Tanh Softplus Softsign Softshrink Hardshrink Tanhshrink LogSigmoid RReLU Dropout "
        "Dropout2d AlphaDropout FeatureAlphaDropout Flatten Identity Softmax2d").split()},
    "Softmax": (_IMAGE, lambda: nn.Softmax(1)),
    "LogSoftmax": (_IMAGE, lambda: nn.LogSoftmax(1)),
    "Softmin": (_IMAGE, lambda: nn.Softmin(1)),
    "GLU": (_IMAGE, lambda: nn.GLU(1)),
    "Threshold": (_IMAGE, lambda: nn.Threshold(0.1, 0.0)),
    "Dropout1d": (_SEQUENCE, nn.Dropout1d),
    "Dropout3d": (_VOLUME, nn.Dropout3d),
    **{f"{kind}Pool{n}d": (s, lambda n=n, kind=kind: getattr(nn, f"{kind}Pool{n}d")(2))
       for kind in ("Max", "Avg", "AdaptiveAvg", "AdaptiveMax")
       for n, s in ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    **{f"MaxUnpool{n}d": (s, lambda n=n: _WithIndices(getattr(nn, f"MaxUnpool{n}d")(2)))
       for n, s in ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    "LPPool1d": (_SEQUENCE, lambda: nn.LPPool1d(2.0, 2)),
    "LPPool2d": (_IMAGE, lambda: nn.LPPool2d(2.0, 2)),
    "FractionalMaxPool2d": (_IMAGE, lambda: nn.FractionalMaxPool2d(2, output_size=3)),
    "Upsample": (_IMAGE, lambda: nn.Upsample(scale_factor=2)),
    "UpsamplingNearest2d": (_IMAGE, lambda: nn.UpsamplingNearest2d(scale_factor=2)),
    "UpsamplingBilinear2d": (_IMAGE, lambda: nn.UpsamplingBilinear2d(scale_factor=2)),
    **{f"{kind}Pad{n}d": (s, lambda n=n, kind=kind: getattr(nn, f"{kind}Pad{n}d")(1))
       for kind in ("Zero", "Reflection", "Replication", "Circular")
       for n, s in ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    **{f"ConstantPad{n}d": (s, lambda n=n: getattr(nn, f"ConstantPad{n}d")(1, 0.0))
       for n, s in ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))},
    "PixelShuffle": (_IMAGE, lambda: nn.PixelShuffle(2)),
    "PixelUnshuffle": (_IMAGE, lambda: nn.PixelUnshuffle(2)),
    "ChannelShuffle": (_IMAGE, lambda: nn.ChannelShuffle(2)),
    "Unflatten": (_IMAGE, lambda: nn.Unflatten(1, (2, 4))),
    "Unfold": (_IMAGE, lambda: nn.Unfold(2)),
    "Fold": ((2, 8, 9), lambda: nn.Fold((4, 4), (2, 2))),
    "LSTM": (_SEQUENCE, lambda: nn.LSTM(8, 8)),
    "GRU": (_SEQUENCE, lambda: nn.GRU(8, 8)),
    "RNN": (_SEQUENCE, lambda: nn.RNN(8, 8)),
    "LSTMCell": ((2, 8), lambda: nn.LSTMCell(8, 8)),
    "GRUCell": ((2, 8), lambda: nn.GRUCell(8, 8)),
    "RNNCell": ((2, 8), lambda: nn.RNNCell(8, 8)),
    "MultiheadAttention": (_SEQUENCE, lambda: _Thrice(nn.MultiheadAttention(8, 2))),
    "TransformerEncoderLayer": (_SEQUENCE, lambda: nn.TransformerEncoderLayer(8, 2, 8)),
    "TransformerDecoderLayer": (
        _SEQUENCE, lambda: _Twice(nn.TransformerDecoderLayer(8, 2, 8))),
    "Transformer": (_SEQUENCE, lambda: _Twice(nn.Transformer(8, 2, 1, 1, 8))),
    "TransformerEncoder": (_SEQUENCE, lambda: nn.TransformerEncoder(
        nn.TransformerEncoderLayer(8, 2, 8), 1, enable_nested_tensor=False)),
    "CosineSimilarity": (_IMAGE, lambda: _Twice(nn.CosineSimilarity())),
    "PairwiseDistance": (_IMAGE, lambda: _Twice(nn.PairwiseDistance())),
}  # fmt: skip


# Constructor arguments that decide whether a converted module works: their names, where they stand
# among the positional ones, what they are when left out, and a module for each value.
_MODULE_OPTIONS: dict[str, list[tuple[str, int, str, dict[str, Callable[[], nn.Module]]]]] = {
    "Upsample": [("mode", 2, "nearest", {
        mode: lambda mode=mode: nn.Upsample(scale_factor=2, mode=mode)
        for mode in ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear")
    })],
    **{f"Conv{n}d": [
        ("padding", 4, "0", {
            name: lambda n=n, name=name: getattr(nn, f"Conv{n}d")(8, 8, 3, padding=name)
            for name in ("same", "valid")
        }),
        ("padding_mode", 8, "zeros", {
            mode: lambda n=n, mode=mode: getattr(nn, f"Conv{n}d")(
                8, 8, 3, padding=1, padding_mode=mode)
            for mode in ("zeros", "reflect", "replicate", "circular")
        }),
    ] for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": [
        (name, at, "True", {"False": lambda n=n, name=name: getattr(nn, f"BatchNorm{n}d")(
            8, **{name: False})})
        for name, at in (("affine", 3), ("track_running_stats", 4))
    ] for n in (2, 3)},
    **{f"MaxPool{n}d": [("return_indices", 4, "False", {
        "True": lambda n=n: getattr(nn, f"MaxPool{n}d")(2, return_indices=True)
    })] for n in (1, 2, 3)},
    "Threshold": [("inplace", 2, "False", {
        "True": lambda: nn.Threshold(0.1, 0.0, inplace=True)
    })],
    "LSTM": [("bidirectional", 6, "False", {
        "True": lambda: _LopsidedLSTM(8, 8, bidirectional=True)
    })],
    "MultiheadAttention": [("batch_first", 8, "False", {
        "True": lambda: _Thrice(nn.MultiheadAttention(8, 2, batch_first=True))
    })],
}  # fmt: skip


def _LopsidedLSTM(*args: Any, **kwargs: Any) -> nn.LSTM:  # noqa: N802
    """An LSTM whose first direction puts out much smaller values than its second."""
    made = nn.LSTM(*args, **kwargs)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if not name.endswith("_reverse"):
                parameter.mul_(0.05)
    return made


class _WithIndices(nn.Module):
    """An unpooling of a tensor, by indices that put everything to one place."""

    def __init__(self, unpool: nn.Module) -> None:
        super().__init__()
        self.unpool = unpool

    def forward(self, x: torch.Tensor) -> Any:
        return self.unpool(x, torch.zeros(x.shape, dtype=torch.long))


class _Twice(nn.Module):
    """A module of two inputs, given one tensor for both."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x, x)


class _Thrice(_Twice):
    """A module of three inputs, given one tensor for all."""

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(x, x, x)


class _Unquantized(nn.Module):
    """A module behind a QuantStub."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.quant, self.inner = quantization.QuantStub(), inner

    def forward(self, x: torch.Tensor) -> Any:
        return self.inner(self.quant(x))


def modules() -> list[str]:
    """Names of the module classes that are measured."""
    return sorted(_MODULES)


def measure_module(name: str) -> dict[str, Any]:
    """What a module does to an int8 tensor: converted, and left as the float module it was."""
    shape, make = _MODULES[name]
    per_tensor, per_channel = quantization.default_qconfig, quantization.get_default_qconfig("x86")
    converted, other, not_swapped = (
        _converted_outcome(make, shape, qconfig) for qconfig in (per_tensor, per_channel, None)
    )
    entry: dict[str, Any] = {"converted": converted}
    if other != converted:
        entry["per channel"] = other
    if not_swapped != converted:
        entry["not swapped"] = not_swapped
    for argument, position, default, makers in _MODULE_OPTIONS.get(name, ()):
        outcomes = {
            value: _converted_outcome(maker, _SHAPE_OF_MODE.get(value, shape), per_tensor)
            for value, maker in makers.items()
        }
        option = {"name": argument, "at": position, "default": default, **outcomes}
        entry.setdefault("options", []).append(option)
    return entry


def _converted_outcome(
    make: Callable[[], nn.Module], shape: tuple[int, ...], qconfig: quantization.QConfig | None
) -> str:
    torch.backends.quantized.engine = "x86"
    torch.manual_seed(0)
    module = make().eval()
    x = torch.rand(shape) + 0.1
    expected = _first_tensor(module(x))
    assert expected is not None
    return _module_outcome(_converted(module, x, qconfig), x, expected)


def _converted(
    module: nn.Module, x: torch.Tensor, qconfig: quantization.QConfig | None
) -> nn.Module | None:
    model = _Unquantized(copy.deepcopy(module)).eval()
    model.quant.qconfig = quantization.default_qconfig
    if qconfig is not None:
        model.qconfig = qconfig
    try:
        prepared = quantization.prepare(model)
        prepared(x)
        return quantization.convert(prepared)
    except Exception:
        return None


def _module_outcome(model: nn.Module | None, x: torch.Tensor, expected: torch.Tensor) -> str:
    if model is None:
        return "fails"
    try:
        got = _first_tensor(model(x))
    except Exception:
        return "fails"
    if got is None or not got.is_quantized:
        return "not quantized"
    error = (expected - got.dequantize()).double().pow(2).sum()
    if 10 * torch.log10(expected.double().pow(2).sum() / error) < _MIN_SQNR_DB:
        return "wrong"
    stub = model.quant
    same_scale = abs(got.q_scale() - stub.scale.item()) < 1e-6 * stub.scale.item()
    same = same_scale and got.q_zero_point() == stub.zero_point.item()
    return "int8, same qparams" if same else "int8"


def measure() -> dict[str, Any]:
    """The whole table."""
    engine = torch.backends.quantized.engine
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            functions = _measure_operations()
            classes = {name: measure_module(name) for name in modules()}
    finally:
        torch.backends.quantized.engine = engine
    return {
        "torch": torch.__version__.partition("+")[0],
        "functions": functions,
        "modules": classes,
    }


def _measure_operations() -> dict[str, Any]:
    """The part of the table on functions and methods; in-place forms only where they differ."""
    plain = {name: measure_operation(name) for name in operations()}
    measured = {name: entry for name, entry in plain.items() if entry is not None}
    for name in in_place_forms(list(measured)):
        entry = measure_operation(name)
        if entry is not None and entry["result"] != measured[name[:-1]]["result"]:
            measured[name] = entry
    return dict(sorted(measured.items()))


def as_text(table: dict[str, Any]) -> str:
    """The table as a JSON document with a row for each entry."""
    rows = [f'  "torch": {json.dumps(table["torch"])}']
    for part in ("functions", "modules"):
        entries = ",\n".join(
            f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in table[part].items()
        )
        rows.append(f'  "{part}": {{\n{entries}\n  }}')
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    TABLE.write_text(as_text(measure()), encoding="utf-8")
