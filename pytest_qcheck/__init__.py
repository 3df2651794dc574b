"""Assertions that make PyTorch quantization bugs loud.

Importing this package costs next to nothing: torch is loaded when the first assertion
is looked up, and if torch is not installed that is said when the assertion is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from pytest_qcheck.assertions.calibration import assert_calibrated
    from pytest_qcheck.assertions.conversion import assert_matches_converted
    from pytest_qcheck.assertions.full_fusion import assert_fully_fused
    from pytest_qcheck.assertions.fusion import assert_fused
    from pytest_qcheck.assertions.optimizer import assert_qparams_in_optimizer
    from pytest_qcheck.assertions.raw_ops import assert_no_raw_ops
    from pytest_qcheck.assertions.reuse import assert_no_reused_modules
    from pytest_qcheck.assertions.shared_fusion import assert_no_shared_fusion
    from pytest_qcheck.assertions.toggles import assert_toggles
    from pytest_qcheck.conversion_report import ConversionReport, LayerResult, OutputResult
    from pytest_qcheck.fixture import CheckResult, QCheck
    from pytest_qcheck.quantizers import Quantizer
    from pytest_qcheck.readers import register_quantizer_reader

__all__ = [
    "CheckResult",
    "ConversionReport",
    "LayerResult",
    "OutputResult",
    "QCheck",
    "Quantizer",
    "assert_calibrated",
    "assert_fully_fused",
    "assert_fused",
    "assert_matches_converted",
    "assert_no_raw_ops",
    "assert_no_reused_modules",
    "assert_no_shared_fusion",
    "assert_qparams_in_optimizer",
    "assert_toggles",
    "register_quantizer_reader",
]

_HOME = {
    "CheckResult": "fixture",
    "ConversionReport": "conversion_report",
    "LayerResult": "conversion_report",
    "OutputResult": "conversion_report",
    "QCheck": "fixture",
    "Quantizer": "quantizers",
    "assert_calibrated": "assertions.calibration",
    "assert_fully_fused": "assertions.full_fusion",
    "assert_fused": "assertions.fusion",
    "assert_matches_converted": "assertions.conversion",
    "assert_no_raw_ops": "assertions.raw_ops",
    "assert_no_reused_modules": "assertions.reuse",
    "assert_no_shared_fusion": "assertions.shared_fusion",
    "assert_qparams_in_optimizer": "assertions.optimizer",
    "assert_toggles": "assertions.toggles",
    "register_quantizer_reader": "readers",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        return _needs_torch(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


def _needs_torch(name: str) -> object:
    def missing(*_args: object, **_kwargs: object) -> NoReturn:
        __tracebackhide__ = True
        raise ImportError(
            f"pytest_qcheck.{name} needs PyTorch, which is not installed here: "
            "pip install 'pytest-qcheck[torch]'"
        )

    missing.__name__ = missing.__qualname__ = name
    return missing
