"""Module classes of torch: what calling one does, and what two calls of one instance spoil."""

from __future__ import annotations

from qlint.semantics.names import NN, QUANTIZATION, QUANTIZED

QUANT_STUBS = frozenset({QUANTIZATION + "QuantStub", QUANTIZED + "Quantize"})
DEQUANT_STUBS = frozenset({QUANTIZATION + "DeQuantStub", QUANTIZED + "DeQuantize"})
QUANT_WRAPPER = QUANTIZATION + "QuantWrapper"
FLOAT_FUNCTIONAL = QUANTIZED + "FloatFunctional"
FUNCTIONALS = frozenset(
    {FLOAT_FUNCTIONAL, QUANTIZED + "FXFloatFunctional", QUANTIZED + "QFunctional"}
)
# What int8 begins in.
MAKE_INT8 = QUANT_STUBS | {QUANT_WRAPPER}
# What a model has only for the eager flow's sake.
EAGER_PARTS = QUANT_STUBS | DEQUANT_STUBS | FUNCTIONALS | {QUANT_WRAPPER}
# The scalar methods derive the qparams of their output from those of their input.
OBSERVED_METHODS = frozenset({"add", "cat", "mul", "add_relu", "matmul"})
FUNCTIONAL_METHODS = OBSERVED_METHODS | {"add_scalar", "mul_scalar"}

MODULE = NN + "Module"
SEQUENTIAL = NN + "Sequential"
MODULE_LIST = NN + "ModuleList"
MODULE_DICT = NN + "ModuleDict"
CONTAINERS = frozenset({SEQUENTIAL, MODULE_LIST, MODULE_DICT})
# Wrappers that are called like the module inside.
PARALLEL = frozenset({NN + "DataParallel", NN + "DistributedDataParallel"})
WRAPPERS = PARALLEL | {QUANT_WRAPPER}
# Modules whose forward pass is that of what is in them.
HAND_ON = WRAPPERS | {SEQUENTIAL}
RELU = NN + "ReLU"

# Norms without an int8 kernel, and the layers into which fuse_modules takes them.
FUSES_WITH = {NN + "BatchNorm1d": frozenset({NN + "Conv1d", NN + "Linear"})}

# Steps of the eager flow that take a model and make its layers work on int8.
EAGER_STEP_NAMES = frozenset("prepare prepare_qat convert quantize quantize_qat".split())
EAGER_STEPS = frozenset(QUANTIZATION + name for name in EAGER_STEP_NAMES)

EXPORTS = frozenset({"torch.export.export", "torch.export.export_for_training"})
EXPORTED_PROGRAM = "torch.export.ExportedProgram"

# Functions after which a layer computes its weights anew in each forward pass, or does no more, by
# what they put on it; no int8 layer can do that.
REPARAMETRIZED: dict[str, str] = {
    "weight_norm": "weight_norm",
    "spectral_norm": "spectral_norm",
    "remove_weight_norm": "",
    "remove_spectral_norm": "",
    "remove_parametrizations": "",
}

# Steps of the other flows, which quantize any operator of a graph: no stubs, no FloatFunctional.
GRAPH_STEPS = frozenset(
    "prepare_fx prepare_qat_fx convert_fx prepare_pt2e prepare_qat_pt2e convert_pt2e "
    "quantize_dynamic quantize_ autoquant prepare_jit convert_jit".split()
)

# Their int8 forms take indices and put out float.
EMBEDDINGS = frozenset({NN + "Embedding", NN + "EmbeddingBag"})

# (output, (h, c)) and the like: the shape of what the module returns, in the input's state.
PAIR_RETURNS = frozenset(NN + name for name in ("GRU", "RNN", "MultiheadAttention"))
# Layers of einops do what its functions do, with the arguments that they are made with.
EINOPS_LAYERS = "einops.layers.torch."
EINOPS_FUNCTIONS = {"Rearrange": "einops.rearrange", "Reduce": "einops.reduce"}
LSTMS = frozenset({NN + "LSTM"})

# No parameters, no observer after prepare, and in no fuse pattern: calling one twice is harmless.
# (Eager convert swaps Dropout, but a quantized Dropout in eval mode hands its input on.)
_REUSABLE = (
    "Identity Flatten Unflatten Dropout Dropout1d Dropout2d Dropout3d AlphaDropout "
    "FeatureAlphaDropout MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d "
    "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d "
    "AdaptiveMaxPool3d LPPool1d LPPool2d FractionalMaxPool2d MaxUnpool1d MaxUnpool2d MaxUnpool3d "
    "Upsample UpsamplingNearest2d UpsamplingBilinear2d PixelShuffle PixelUnshuffle ChannelShuffle "
    "ZeroPad1d ZeroPad2d ZeroPad3d ConstantPad1d ConstantPad2d ConstantPad3d ReflectionPad1d "
    "ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d "
    "CircularPad1d CircularPad2d CircularPad3d Fold Unfold Module ModuleList ModuleDict Sequential "
    "Sigmoid Tanh Hardtanh Hardsigmoid GELU Threshold Softmax Softmax2d LogSoftmax Softmin "
    "Tanhshrink Softplus Softshrink Hardshrink Softsign LogSigmoid GLU SiLU Mish SELU CELU RReLU "
    "CosineSimilarity PairwiseDistance"
)
# Views, and what does nothing in eval mode.
DO_NOTHING = frozenset(
    NN + name
    for name in (
        "Identity Flatten Unflatten Dropout Dropout1d Dropout2d Dropout3d AlphaDropout "
        "FeatureAlphaDropout"
    ).split()
)
# Modules whose result may lie in the memory of their input: these, and those with an `inplace`.
SHARE_MEMORY = DO_NOTHING | frozenset(
    NN + name
    for name in (
        "Module ModuleList ModuleDict Sequential Upsample UpsamplingNearest2d "
        "UpsamplingBilinear2d ReLU ReLU6 RReLU Hardtanh Hardswish Hardsigmoid SiLU Mish ELU SELU "
        "CELU LeakyReLU Threshold"
    ).split()
)
# Int8 output with qparams that are always the same.
FIXED_GRID = {NN + "Sigmoid": "sigmoid", NN + "Hardsigmoid": "sigmoid", NN + "Tanh": "tanh"}


def is_loss(name: str) -> bool:
    """Whether a class is, by its name, a loss function."""
    return name.endswith(("Loss", "Criterion"))


REUSABLE = frozenset(NN + name for name in _REUSABLE.split()) | DEQUANT_STUBS


def quantizes(base: str) -> int:
    """Whether a module of torch's quantizes its input (1), dequantizes it (-1), or neither (0)."""
    return (base in QUANT_STUBS) - (base in DEQUANT_STUBS)
