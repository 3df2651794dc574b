"""What an int8 tensor answers when a program asks what kind of tensor it has.

Eager int8 kernels run on CPU tensors in inference; the answers are measured, a test compares them
with the installed torch's.
"""

from __future__ import annotations

DTYPE = "torch.quint8"
DEVICE = "cpu"

ATTRIBUTES: dict[str, object] = {
    **dict.fromkeys(
        "requires_grad retains_grad is_cuda is_sparse is_sparse_csr is_mps is_meta is_xpu "
        "is_mkldnn is_nested is_xla is_ipu".split(),
        False,
    ),
    **dict.fromkeys("is_cpu is_leaf is_quantized".split(), True),
    "grad_fn": None,
}
METHODS: dict[str, object] = {
    **dict.fromkeys("is_floating_point is_complex is_inference is_conj is_neg".split(), False),
    "type": "torch.quantized.QUInt8Tensor",
}
DTYPE_ATTRIBUTES: dict[str, object] = dict.fromkeys(("is_floating_point", "is_complex"), False)
