"""What an int8 tensor is taken to answer is what torch's answer."""

from __future__ import annotations

import pytest

from qlint.semantics import int8_tensors

torch = pytest.importorskip("torch")
_TENSOR = torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 10, torch.quint8)


@pytest.mark.parametrize("name", int8_tensors.ATTRIBUTES)
def test_attributes(name: str) -> None:
    assert getattr(_TENSOR, name) is int8_tensors.ATTRIBUTES[name]


@pytest.mark.parametrize("name", int8_tensors.METHODS)
def test_methods(name: str) -> None:
    assert getattr(_TENSOR, name)() == int8_tensors.METHODS[name]


@pytest.mark.parametrize("name", int8_tensors.DTYPE_ATTRIBUTES)
def test_dtype(name: str) -> None:
    assert str(_TENSOR.dtype) == int8_tensors.DTYPE
    assert getattr(_TENSOR.dtype, name) is int8_tensors.DTYPE_ATTRIBUTES[name]


def test_device() -> None:
    assert _TENSOR.device.type == int8_tensors.DEVICE
    assert _TENSOR.device.index is None
