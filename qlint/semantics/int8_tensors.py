"""What an int8 tensor answers when a program asks what kind of tensor it has.

Eager int8 kernels run on CPU tensors in inference; the answers are measured, a test compares them
with the installed torch's.
"""

from __future__ import annotations

from dataclasses import dataclass

DTYPE = "torch.quint8"


@dataclass(frozen=True, slots=True)
class Device:
    """What ``torch.device`` makes: equal to another of the same type and index, and a text."""

    type: str
    index: int | None = None

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"


DEVICE = Device("cpu")


def device(name: object, index: object = None) -> Device | None:
    """The device that ``torch.device(name, index)`` makes, None if these are no such arguments."""
    if isinstance(name, Device):
        return name
    if not isinstance(name, str):
        return None
    kind, colon, number = name.partition(":")
    if colon and number.isdigit():
        return Device(kind, int(number))
    return Device(kind, index) if index is None or isinstance(index, int) else None


ATTRIBUTES: dict[str, object] = {
    **dict.fromkeys(
        "requires_grad retains_grad is_cuda is_sparse is_sparse_csr is_mps is_meta is_xpu "
        "is_mkldnn is_nested is_xla is_ipu is_mtia is_vulkan".split(),
        False,
    ),
    **dict.fromkeys("is_cpu is_leaf is_quantized".split(), True),
    **dict.fromkeys(("grad_fn", "grad")),
    "itemsize": 1,
}
METHODS: dict[str, object] = {
    **dict.fromkeys(
        "is_floating_point is_complex is_inference is_conj is_neg is_shared is_pinned "
        "is_distributed".split(),
        False,
    ),
    "element_size": 1,
    "get_device": -1,
    "type": "torch.quantized.QUInt8Tensor",
}
DTYPE_ATTRIBUTES: dict[str, object] = dict.fromkeys(("is_floating_point", "is_complex"), False)
