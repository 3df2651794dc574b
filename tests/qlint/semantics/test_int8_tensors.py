"""What an int8 tensor is taken to answer is what torch's answer."""

from __future__ import annotations

from typing import Any

import pytest

from qlint.semantics import int8_tensors

torch = pytest.importorskip("torch")
_TENSOR = torch.quantize_per_tensor(torch.ones(2, 3), 0.1, 10, torch.quint8)


@pytest.mark.parametrize("name", int8_tensors.ATTRIBUTES)
def test_attributes(name: str) -> None:
    expected = int8_tensors.ATTRIBUTES[name]
    assert (type(getattr(_TENSOR, name)), getattr(_TENSOR, name)) == (type(expected), expected)


@pytest.mark.parametrize("name", int8_tensors.METHODS)
def test_methods(name: str) -> None:
    assert getattr(_TENSOR, name)() == int8_tensors.METHODS[name]


@pytest.mark.parametrize("name", int8_tensors.DTYPE_ATTRIBUTES)
def test_dtype(name: str) -> None:
    assert str(_TENSOR.dtype) == int8_tensors.DTYPE
    assert getattr(_TENSOR.dtype, name) is int8_tensors.DTYPE_ATTRIBUTES[name]


def test_device() -> None:
    assert _same_device(_TENSOR.device, int8_tensors.DEVICE)
    assert (_TENSOR.device == "cpu") is (int8_tensors.DEVICE == "cpu")  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("arguments", [("cpu",), ("cuda:1",), ("cuda", 0), ("cuda",)])
def test_devices(arguments: tuple[Any, ...]) -> None:
    made = int8_tensors.device(*arguments)
    assert made is not None
    assert _same_device(torch.device(*arguments), made)


def _same_device(device: Any, other: int8_tensors.Device) -> bool:
    return (device.type, device.index, str(device)) == (other.type, other.index, str(other))
