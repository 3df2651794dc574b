"""What has the memory format channels last in a converted model, as a run shows on each engine.

Int8 convolutions put out channels last: what belongs to one pixel lies side by side, so that
``x.view(x.size(0), -1)`` cannot join channels with pixels, as it does in the float model. A test
measures these tables against the installed torch.
"""

from __future__ import annotations

from qlint.semantics.names import NN

# How many dimensions of pixels the output of these layers has.
CONVOLUTIONS = {NN + f"Conv{n}d": n for n in (1, 2, 3)}
# What keeps the format of such a tensor, by the dimensions for which it does.
_OF_IMAGES = (
    "Identity Dropout Dropout2d BatchNorm2d ReLU LeakyReLU PReLU Hardswish Hardsigmoid Sigmoid "
    "Tanh MaxPool2d AvgPool2d AdaptiveAvgPool2d Upsample UpsamplingNearest2d UpsamplingBilinear2d "
    "ZeroPad2d"
)
_OF_SEQUENCES = "Identity Dropout MaxPool1d AvgPool1d AdaptiveAvgPool1d"
_OF_VOLUMES = "Identity Dropout BatchNorm3d ReLU MaxPool3d AvgPool3d AdaptiveAvgPool3d"
MODULES = {
    1: frozenset(NN + name for name in _OF_SEQUENCES.split()),
    2: frozenset(NN + name for name in _OF_IMAGES.split()),
    3: frozenset(NN + name for name in _OF_VOLUMES.split()),
}
_OPERATIONS = (
    "relu relu_ leaky_relu sigmoid tanh max_pool2d avg_pool2d adaptive_avg_pool2d dropout "
    "dropout2d interpolate pad detach to cpu dequantize"
)
OPERATIONS = {
    1: frozenset({"dropout", "max_pool1d"}),
    2: frozenset(_OPERATIONS.split()),
    3: frozenset({"relu", "dropout", "max_pool3d"}),
}
# The same of images that have been dequantized, for float kernels: in a float island, say.
FLOAT_MODULES = frozenset(
    NN + name for name in "SiLU GELU Mish Softplus ELU SELU CELU ReLU6 Hardtanh GroupNorm".split()
)
FLOAT_OPERATIONS = frozenset(
    "normalize silu gelu mish softplus elu selu celu hardtanh relu6 hardswish hardsigmoid exp sqrt "
    "rsqrt abs clamp neg square pow group_norm".split()
)
# What may leave one pixel of several; an adaptive pool says how many it leaves.
POOLS = frozenset(
    f"{kind}{pool}{n}d"
    for kind in ("max_", "avg_", "Max", "Avg")
    for pool in ("pool", "Pool")
    for n in (1, 2, 3)
)
ADAPTIVE_POOLS = frozenset(
    f"{name}{n}d"
    for name in ("adaptive_avg_pool", "AdaptiveAvgPool", "AdaptiveMaxPool")
    for n in (1, 2, 3)
)
# Methods of a FloatFunctional, if the first operand has it.
FUNCTIONAL = frozenset("add mul add_relu mul_scalar add_scalar".split())
# What may stand between a view that joins channels and pixels and the layer that says how many
# features there are.
BEFORE_LINEAR = frozenset(NN + name for name in "Identity Dropout ReLU BatchNorm1d Flatten".split())
