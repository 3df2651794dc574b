"""What an int8 tensor is taken to answer is what torch's answer."""

from __future__ import annotations

from typing import Any

import pytest

from qlint.semantics import int8_tensors, operations

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


_FLOAT = torch.ones(3)
_WITH_DTYPE = {
    **{
        name: f"torch.{name}(3, dtype=dtype)"
        for name in "zeros ones arange eye rand randn scalar_tensor".split()
    },
    **{name: f"torch.{name}(0, 1, 3, dtype=dtype)" for name in ("linspace", "logspace")},
    **{name: f"torch.{name}(_FLOAT, 0, dtype=dtype)" for name in ("cumsum", "cumprod")},
    **{name: f"torch.{name}(_FLOAT, dim=0, dtype=dtype)" for name in ("softmax", "log_softmax")},
    **{name: f"torch.{name}([1.0], dtype=dtype)" for name in ("tensor", "as_tensor")},
    **{name: f"_FLOAT.{name}(3, dtype=dtype)" for name in ("new_zeros", "new_ones")},
    "full": "torch.full((3,), 1.0, dtype=dtype)",
    "full_like": "torch.full_like(_FLOAT, 1.0, dtype=dtype)",
    "new_full": "_FLOAT.new_full((3,), 1.0, dtype=dtype)",
    "new_tensor": "_FLOAT.new_tensor([1.0], dtype=dtype)",
    "to": "_FLOAT.to(dtype)",
    "type": "_FLOAT.type(dtype)",
    "finfo": "torch.finfo(dtype)",
    "promote_types": "torch.promote_types(dtype, torch.float32)",
}


@pytest.mark.parametrize("name", sorted(operations.TAKE_FLOAT_DTYPE))
def test_what_takes_float_dtypes_alone(name: str) -> None:
    call = _WITH_DTYPE.get(name, f"torch.{name}(_FLOAT, dtype=dtype)")
    eval(call, {**globals(), "dtype": torch.float32})
    with pytest.raises((RuntimeError, NotImplementedError, TypeError)):
        eval(call, {**globals(), "dtype": torch.quint8})
