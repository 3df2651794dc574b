"""Hooks that pytest_qcheck offers to other pytest plugins and to conftest files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from torch import nn

    from pytest_qcheck.quantizers import Quantizer


@pytest.hookspec(firstresult=True)
def pytest_qcheck_read_quantizer(name: str, module: nn.Module) -> Quantizer | None:
    """Read a quantizer class that pytest_qcheck does not know.

    Called for each module of a model that an assertion looks at, before the built-in
    readers; the first result that is not None wins and the module's children are left
    alone. Implement it in a conftest.py or a plugin::

        from pytest_qcheck import Quantizer

        def pytest_qcheck_read_quantizer(name, module):
            if isinstance(module, MyFakeQuant):
                return Quantizer(
                    name=name,
                    module=module,
                    kind="activation",
                    fake_quant=bool(module.on),
                    observer=bool(module.collecting),
                    toggle_names={"fake_quant": "on", "observer": "collecting"},
                    scale=module.scale,
                    zero_point=module.zero_point,
                )

    Outside pytest, `pytest_qcheck.register_quantizer_reader` does the same.

    Args:
        name: dotted name of the module inside the model, without a wrapper's `module.`.
        module: the module.

    Returns:
        The module's state as a `pytest_qcheck.Quantizer`, or None if it is not yours.
    """
