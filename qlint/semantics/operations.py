"""Functions and tensor methods: what they are called and what they do to quantization state."""

from __future__ import annotations

from enum import Enum


class Op(Enum):
    """Families of operations that int8 tensors cannot simply be handed to."""

    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    MATMUL = "matmul"
    CAT = "cat"
    RELU = "relu"


class Result(Enum):
    """What an operation returns, given the state of the tensors it gets."""

    SAME = "a tensor in the state of its inputs"
    FLOAT = "a tensor that is never quantized"
    QUANTIZED = "an int8 tensor"
    NOT_TENSOR = "a Python value"
    PIECES = "a tuple of tensors in the state of the input"
    VALUES_AND_INDICES = "a pair: a tensor in the state of the input, and indices"
    PACKED = "a PackedSequence with data in the state of the input"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A method that is to make a float tensor what a quantized one is: `mask.to(x)`.
LIKE = "like another"
LIKE_METHODS = _names("to type_as copy_")
# An operation without int8 tensors that is given the dtype of one. These fail then; some take it
# at a position, too.
DTYPE = "dtype of another"
TAKE_FLOAT_DTYPE = _names(
    "zeros ones full tensor as_tensor scalar_tensor arange eye linspace logspace rand randn "
    "zeros_like ones_like full_like rand_like randn_like new_zeros new_ones new_full new_tensor "
    "softmax log_softmax sum mean prod cumsum cumprod to type finfo promote_types"
)
DTYPE_ARGUMENT = {"finfo": 0, "to": 1, "type": 1, "promote_types": 0}

# `x[...] = y`, as torch names it; and what goes wrong whatever `y` is: a part that does not lie in
# one piece.
WRITE = "setitem"
PART = "part of a tensor"

# Joining dimensions that do not lie one behind the other.
VIEW = "view of channels last"

# Reading the weight of a layer.
PARAMETER = "parameter of a layer"
# Calling a method that the layer which prepare makes of one does not have.
LOST = "lost method of a layer"

# A method of FloatFunctional for tensors that is given a number.
NUMBER = "number for a tensor"

# Operations that write a number into the tensor, with the argument that it is; and how far from 0
# it is beyond every grid.
FILL = "number beyond the grid"
FILLS = {
    "masked_fill": ("value", 2),
    "fill": ("value", 1),
    "full_like": ("fill_value", 1),
    "threshold": ("value", 2),
    "pad": ("value", 3),
    "constant_pad_nd": ("value", 2),
}
BEYOND_GRIDS = 1e4

# Casts to whole numbers, as methods and as dtypes. What a cast to another float dtype was to make
# stays on the quantized path: it fails, and whoever repairs it with an int8 kernel goes on there.
INTEGER_CASTS = _names("int long short char byte bool")
INTEGER_DTYPES = _names("int int8 int16 int32 int64 uint8 long short bool")
OTHER_FLOATS = _names("double half bfloat16")
# Functions that make whole numbers or truth values, and those that keep what they get.
MAKE_WHOLE = _names(
    "randint randperm argmax argmin argsort nonzero one_hot bincount int_repr searchsorted "
    "bucketize tril_indices triu_indices count_nonzero eq ne lt le gt ge not_equal greater "
    "greater_equal less less_equal isnan isinf isfinite isin logical_and logical_or logical_not "
    "logical_xor any all randint_like"
)
KEEP_WHOLE = _names(
    "view view_as reshape reshape_as transpose permute flatten unflatten squeeze unsqueeze expand "
    "expand_as broadcast_to chunk split narrow select unbind contiguous detach to cpu cuda t "
    "movedim swapaxes diagonal unfold clone repeat repeat_interleave roll flip cat concat stack "
    "where masked_fill gather index_select take cumsum sum abs neg clamp clip max min triu tril "
    "sort topk"
)
# Functions that work on int8 unless this argument is int8, too.
FLOAT_ARGUMENTS = {"grid_sample": ("grid", 1)}
# Functions that work on int8 with numbers for bounds, but not with tensors.
BOUNDED = _names("clamp clip clamp_min clamp_max")
# Methods that make a new tensor, of the dtype that they are given if they are given one.
NEW_TENSORS = _names("new_zeros new_ones new_full new_empty new_tensor")
# Functions that make a tensor like another, which for int8 must be int8 as well.
LIKE_FUNCTIONS = _names("full_like ones_like zeros_like empty_like rand_like randn_like")

BINARY_OPERATORS = {
    "+": Op.ADD,
    "-": Op.SUB,
    "*": Op.MUL,
    "/": Op.DIV,
    "//": Op.DIV,
    "@": Op.MATMUL,
}

# Operators without a kernel that are no family of their own, and torch's names of them.
UNSUPPORTED_OPERATORS = {"**": "pow", "%": "remainder"}
UNSUPPORTED_UNARY = {"-": "neg", "~": "bitwise_not", "abs": "abs", "round": "round"}

# Names of torch functions and tensor methods; a method's in-place form ends in an underscore.
_FAMILIES = {
    Op.ADD: _names("add"),
    Op.SUB: _names("sub subtract rsub"),
    Op.MUL: _names("mul multiply"),
    Op.DIV: _names("div divide true_divide floor_divide"),
    Op.MATMUL: _names(
        "matmul bmm mm mv dot vdot inner einsum tensordot chain_matmul multi_dot "
        "addmm addmv addbmm baddbmm"
    ),
    Op.CAT: _names("cat concat concatenate stack hstack vstack dstack column_stack row_stack"),
    Op.RELU: _names("relu"),
}
OP_OF_NAME = {name: op for op, names in _FAMILIES.items() for name in names}

# Functions of the standard library that apply an operator.
OPERATOR_MODULE = {
    "add": "+",
    "iadd": "+",
    "concat": "+",
    "sub": "-",
    "isub": "-",
    "mul": "*",
    "imul": "*",
    "truediv": "/",
    "itruediv": "/",
    "floordiv": "//",
    "ifloordiv": "//",
    "matmul": "@",
    "imatmul": "@",
    "pow": "**",
    "ipow": "**",
    "mod": "%",
    "imod": "%",
}

# The methods behind the operators.
METHOD_OF_OPERATOR = {
    op: name
    for name, op in OPERATOR_MODULE.items()
    if not name.startswith("i") and name != "concat"
}
OPERATOR_METHODS = {
    f"__{prefix}{name}__": op for name, op in OPERATOR_MODULE.items() for prefix in ("", "r")
}

_NOT_TENSOR = _names(
    "size dim ndimension numel nelement item tolist stride storage storage_offset get_device "
    "element_size is_contiguous is_floating_point is_complex is_signed is_inference is_pinned "
    "data_ptr q_scale q_zero_point qscheme q_per_channel_axis numpy is_tensor is_storage "
    "is_nonzero equal allclose get_default_dtype finfo iinfo device manual_seed set_grad_enabled "
    "is_grad_enabled save typename result_type can_cast promote_types is_same_size backward "
    "register_hook broadcast_shapes Size is_shared has_names align_as register_post_accumulate_"
    "grad_hook cuda_is_available Generator no_grad _assert _check"
)
_FLOAT = _names(
    "zeros ones empty full rand randn randint randperm arange range linspace logspace eye tensor "
    "as_tensor from_numpy scalar_tensor zeros_like rand_like "
    "randn_like randint_like new_zeros new_ones new_full new_tensor dequantize int_repr "
    "argmax argmin argsort nonzero one_hot bincount eq ne lt le gt ge not_equal greater "
    "greater_equal less less_equal isnan isinf isfinite "
    "logical_and logical_or logical_not logical_xor any all multinomial bernoulli searchsorted "
    "bucketize tril_indices triu_indices cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss "
    "binary_cross_entropy binary_cross_entropy_with_logits kl_div huber_loss hann_window "
    "count_nonzero cartesian_prod combinations affine_grid polar complex isin histc "
    "q_per_channel_scales q_per_channel_zero_points load default_generator stft istft "
    "view_as_complex view_as_real"
)
_PIECES = _names(
    "chunk split unbind tensor_split hsplit vsplit dsplit split_with_sizes unsafe_chunk "
    "unsafe_split broadcast_tensors meshgrid unpack_sequence unpad_sequence"
)
_PAIRS = _names("topk sort kthvalue mode cummax cummin max_pool2d_with_indices pad_packed_sequence")
_QUANTIZED = _names("quantize_per_tensor quantize_per_channel quantize_per_tensor_dynamic")
_PACKED = _names("pack_sequence pack_padded_sequence")
# What embeddings may not have when they are converted.
QCONFIG = "the qconfig of other layers"
# What int8 layers do not take, and what it has.
PACKED = "a PackedSequence"
PACKED_FIELDS = ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
# A pair with a dimension to reduce, one tensor without.
PAIR_WITH_DIM = _names("max min median nanmedian")

RESULT_OF_NAME = {
    **dict.fromkeys(_NOT_TENSOR, Result.NOT_TENSOR),
    **dict.fromkeys(_FLOAT, Result.FLOAT),
    **dict.fromkeys(_PIECES, Result.PIECES),
    **dict.fromkeys(_PAIRS, Result.VALUES_AND_INDICES),
    **dict.fromkeys(_PACKED, Result.PACKED),
    **dict.fromkeys(_QUANTIZED, Result.QUANTIZED),
}

# Attributes of a tensor that are Python values, and those that are the tensor in another dress.
SIZE_ATTRIBUTES = _names("shape")
PLAIN_ATTRIBUTES = _names(
    "ndim dtype device layout is_cuda is_cpu is_mps is_meta is_sparse is_leaf requires_grad names "
    "itemsize nbytes grad_fn name output_nr retains_grad"
)
VIEW_ATTRIBUTES = _names("T mT H mH data real imag grad")

# Functions that work in place if an argument at this position says so.
IN_PLACE_AT = {
    "relu": 1,
    "relu6": 1,
    "selu": 1,
    "silu": 1,
    "mish": 1,
    "hardswish": 1,
    "hardsigmoid": 1,
    "elu": 2,
    "celu": 2,
    "leaky_relu": 2,
    "hardtanh": 3,
    "threshold": 3,
    "dropout": 3,
    "dropout1d": 3,
    "dropout2d": 3,
    "dropout3d": 3,
    "alpha_dropout": 3,
    "feature_alpha_dropout": 3,
    "rrelu": 4,
}

# Operations whose result may lie in the memory of their first argument, beside in-place ones.
SHARE_MEMORY = _names(
    "view view_as reshape reshape_as transpose permute flatten unflatten squeeze unsqueeze expand "
    "expand_as broadcast_to chunk split tensor_split hsplit vsplit dsplit unsafe_chunk "
    "unsafe_split split_with_sizes narrow select unbind contiguous detach to float cpu cuda type "
    "type_as t movedim moveaxis swapaxes swapdims diagonal unfold as_strided atleast_1d "
    "atleast_2d atleast_3d ravel squeeze_copy dropout dropout1d dropout2d dropout3d alpha_dropout "
    "feature_dropout feature_alpha_dropout requires_grad_ data real imag broadcast_tensors "
    "meshgrid pad interpolate identity rearrange adaptive_avg_pool2d adaptive_max_pool2d"
)


# Int8 output with the qparams of the input, beside what the table of kernels says: what is not
# measured, or has an int8 kernel in some calling forms only.
KEEP_GRID = _names(
    "cpu cuda detach_ empty_like new_empty identity masked_select requires_grad_ t tensor_split"
)
# Int8 output with qparams that are always the same.
FIXED_GRID = {
    "sigmoid": "sigmoid",
    "sigmoid_": "sigmoid",
    "hardsigmoid": "sigmoid",
    "tanh": "tanh",
    "tanh_": "tanh",
}


def result_of(name: str) -> Result:
    """What the torch function or tensor method of that name returns."""
    return RESULT_OF_NAME.get(name, Result.SAME)


def op_of(name: str) -> Op | None:
    """The family of the torch function or tensor method of that name, in-place forms included."""
    return OP_OF_NAME.get(name) or OP_OF_NAME.get(name.removesuffix("_"))


def is_known(name: str) -> bool:
    """Whether the tables say anything of the method of that name."""
    return op_of(name) is not None or name in RESULT_OF_NAME
