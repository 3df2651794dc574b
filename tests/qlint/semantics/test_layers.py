"""The arguments of torch's layers are those of the installed torch."""

from __future__ import annotations

import inspect

import pytest

from qlint.semantics import layers
from qlint.semantics.names import NN

torch = pytest.importorskip("torch")
_NAMES = sorted(layers._PARAMETERS)


@pytest.mark.parametrize("name", _NAMES)
def test_parameters(name: str) -> None:
    signature = inspect.signature(getattr(torch.nn, name)).parameters
    known = layers.parameters(NN + name)
    defaults = {
        each.name: layers.REQUIRED if each.default is each.empty else each.default
        for each in signature.values()
    }
    assert list(known.items()) == list(defaults.items())[: len(known)]


@pytest.mark.parametrize("name", _NAMES)
def test_attributes(name: str) -> None:
    known = layers.parameters(NN + name)
    made = getattr(torch.nn, name)(*(4 for each in known.values() if each is layers.REQUIRED))
    for parameter, default in known.items():
        expected = 4 if default is layers.REQUIRED else default
        if parameter in layers.SIZES and layers.dimensions(NN + name):
            expected = (expected,) * layers.dimensions(NN + name)
        if parameter != "bias":
            assert getattr(made, parameter) == expected


@pytest.mark.parametrize("name", _NAMES)
def test_parameters_that_can_be_missing(name: str) -> None:
    known = layers.parameters(NN + name)
    required = [4 for each in known.values() if each is layers.REQUIRED]
    for attribute, switches in layers.OPTIONAL.items():
        for switch in set(switches) & set(known):
            made = getattr(torch.nn, name)(*required, **{switch: False})
            assert getattr(made, attribute) is None


def test_methods_that_prepare_takes_away() -> None:
    for method, names in layers.LOST_METHODS.items():
        for name in names:
            layer = getattr(torch.nn, name)(3, 3)
            layer.qconfig = torch.ao.quantization.default_qconfig
            prepared = torch.ao.quantization.prepare(torch.nn.Sequential(layer))[0]
            assert hasattr(layer, method)
            assert not hasattr(prepared, method)
