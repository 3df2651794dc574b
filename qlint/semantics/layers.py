"""The arguments of torch's layers, which they keep as attributes of the same names.

A test compares them with the installed torch's.
"""

from __future__ import annotations

from qlint.semantics.names import NN

# A parameter without a default.
REQUIRED = object()
Parameters = dict[str, object]

_IN_OUT: Parameters = dict.fromkeys(("in_channels", "out_channels", "kernel_size"), REQUIRED)
_CONV: Parameters = {
    **_IN_OUT,
    "stride": 1,
    "padding": 0,
    "dilation": 1,
    "groups": 1,
    "bias": True,
    "padding_mode": "zeros",
}
_CONV_TRANSPOSE: Parameters = {
    **_IN_OUT,
    "stride": 1,
    "padding": 0,
    "output_padding": 0,
    "groups": 1,
    "bias": True,
    "dilation": 1,
    "padding_mode": "zeros",
}
_BATCH_NORM: Parameters = {
    "num_features": REQUIRED,
    "eps": 1e-5,
    "momentum": 0.1,
    "affine": True,
    "track_running_stats": True,
}
_DROPOUT: Parameters = {"p": 0.5, "inplace": False}
_PARAMETERS: dict[str, Parameters] = {
    **{f"Conv{n}d": _CONV for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": _CONV_TRANSPOSE for n in (1, 2, 3)},
    **{f"BatchNorm{n}d": _BATCH_NORM for n in (1, 2, 3)},
    **{f"Dropout{n}": _DROPOUT for n in ("", "1d", "2d", "3d")},
    **{name: {"inplace": False} for name in ("ReLU", "ReLU6", "SiLU", "Hardswish", "Mish")},
    "LeakyReLU": {"negative_slope": 0.01, "inplace": False},
    **{f"AdaptiveAvgPool{n}d": {"output_size": REQUIRED} for n in (1, 2, 3)},
    "Linear": {"in_features": REQUIRED, "out_features": REQUIRED, "bias": True},
    "GroupNorm": {
        "num_groups": REQUIRED,
        "num_channels": REQUIRED,
        "eps": 1e-5,
        "affine": True,
    },
    "Embedding": {
        "num_embeddings": REQUIRED,
        "embedding_dim": REQUIRED,
        "padding_idx": None,
    },
    "Upsample": {
        "size": None,
        "scale_factor": None,
        "mode": "nearest",
        "align_corners": None,
    },
}
# What a convolution keeps as a tuple, a number for each of its dimensions.
SIZES = frozenset({"kernel_size", "stride", "padding", "dilation", "output_padding"})
# What the int8 forms of these layers have as methods, not as tensors.
BECOME_METHODS = frozenset({"weight", "bias"})
WITH_METHODS = frozenset(
    {"Linear", *(f"Conv{kind}{n}d" for kind in ("", "Transpose") for n in (1, 2, 3))}
)
# Convert puts modules of other classes in the place of these, not of classes derived from them.
REPLACED = WITH_METHODS | {
    "BatchNorm2d",
    "BatchNorm3d",
    "ReLU6",
    "Embedding",
    "EmbeddingBag",
    "LSTM",
    "MultiheadAttention",
}
# Methods that a layer loses when prepare replaces it, with the layers that have them.
LOST_METHODS = {"flatten_parameters": frozenset({"LSTM"})}
# The argument that decides whether a layer has these parameters or None instead.
OPTIONAL = {"bias": ("bias", "affine"), "weight": ("affine",)}


def parameters(base: str) -> Parameters:
    """The parameters of a layer's constructor that it keeps, in order, with their defaults."""
    return _PARAMETERS.get(base.removeprefix(NN), {}) if base.startswith(NN) else {}


def dimensions(base: str) -> int:
    """How many numbers make one of the SIZES of a layer; 0 if it keeps them as they are."""
    name = base.removeprefix(NN)
    return int(name[-2]) if name.startswith("Conv") and name.endswith("d") else 0
