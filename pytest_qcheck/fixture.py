"""The `qcheck` fixture: the assertions as methods, with a test's defaults and a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pytest_qcheck.assertions.calibration import assert_calibrated
from pytest_qcheck.assertions.conversion import assert_matches_converted
from pytest_qcheck.assertions.full_fusion import assert_fully_fused
from pytest_qcheck.assertions.fusion import Groups, assert_fused
from pytest_qcheck.assertions.optimizer import assert_qparams_in_optimizer
from pytest_qcheck.assertions.raw_ops import assert_no_raw_ops
from pytest_qcheck.assertions.reuse import assert_no_reused_modules
from pytest_qcheck.assertions.shared_fusion import assert_no_shared_fusion
from pytest_qcheck.assertions.toggles import assert_toggles

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from pytest_qcheck.conversion_report import ConversionReport
    from pytest_qcheck.names import Patterns
    from pytest_qcheck.settings import Settings


@dataclass(frozen=True)
class CheckResult:
    """One assertion that ran in a test.

    Attributes:
        nodeid: the test.
        assertion: name of the assertion.
        model: name of the model's class.
        outcome: whether it held.
        message: the failure's text; empty if it held.
    """

    nodeid: str
    assertion: str
    model: str
    outcome: Literal["passed", "failed"]
    message: str = ""


class QCheck:
    """The assertions of `pytest_qcheck` as methods.

    An argument that is left out comes from the test's marker, the command line or the ini
    file. What ran is kept in `results`.
    """

    def __init__(self, settings: Settings, nodeid: str) -> None:
        self._settings = settings
        self._nodeid = nodeid
        self.results: list[CheckResult] = []

    def assert_fused(self, model: nn.Module, groups: Groups) -> None:
        """See `pytest_qcheck.assert_fused`."""
        __tracebackhide__ = True
        self._record(assert_fused, model, groups)

    def assert_fully_fused(
        self, model: nn.Module, inputs: object, *, ignore: Patterns = ()
    ) -> None:
        """See `pytest_qcheck.assert_fully_fused`."""
        __tracebackhide__ = True
        self._record(assert_fully_fused, model, inputs, ignore=ignore)

    def assert_no_shared_fusion(self, model: nn.Module, inputs: object) -> None:
        """See `pytest_qcheck.assert_no_shared_fusion`."""
        __tracebackhide__ = True
        self._record(assert_no_shared_fusion, model, inputs)

    def assert_no_raw_ops(self, model: nn.Module, inputs: object, *, ignore: Patterns = ()) -> None:
        """See `pytest_qcheck.assert_no_raw_ops`."""
        __tracebackhide__ = True
        self._record(assert_no_raw_ops, model, inputs, ignore=ignore)

    def assert_no_reused_modules(
        self, model: nn.Module, inputs: object, *, ignore: Patterns = ()
    ) -> None:
        """See `pytest_qcheck.assert_no_reused_modules`."""
        __tracebackhide__ = True
        self._record(assert_no_reused_modules, model, inputs, ignore=ignore)

    def assert_toggles(
        self,
        model: nn.Module,
        *,
        fake_quant: bool | None = None,
        observer: bool | None = None,
        learning: bool | None = None,
        only: Patterns | None = None,
        ignore: Patterns = (),
    ) -> None:
        """See `pytest_qcheck.assert_toggles`."""
        __tracebackhide__ = True
        self._record(
            assert_toggles,
            model,
            fake_quant=fake_quant,
            observer=observer,
            learning=learning,
            only=only,
            ignore=ignore,
        )

    def assert_calibrated(self, model: nn.Module) -> None:
        """See `pytest_qcheck.assert_calibrated`."""
        __tracebackhide__ = True
        self._record(assert_calibrated, model)

    def assert_qparams_in_optimizer(
        self, model: nn.Module, optimizer: object, *, ignore: Patterns = ()
    ) -> None:
        """See `pytest_qcheck.assert_qparams_in_optimizer`."""
        __tracebackhide__ = True
        self._record(assert_qparams_in_optimizer, model, optimizer, ignore=ignore)

    def assert_matches_converted(
        self,
        prepared: nn.Module,
        inputs: object,
        *,
        converted: nn.Module | None = None,
        max_lsb: float | None = None,
        max_mismatch: float = 0.0,
        min_sqnr_db: float = 20.0,
        max_output_lsb: float | None = None,
    ) -> ConversionReport:
        """See `pytest_qcheck.assert_matches_converted`; `max_lsb` has the test's default."""
        __tracebackhide__ = True
        if max_lsb is None:
            max_lsb = 1 if self._settings.max_lsb is None else self._settings.max_lsb
        report: ConversionReport = self._record(
            assert_matches_converted,
            prepared,
            inputs,
            converted=converted,
            max_lsb=max_lsb,
            max_mismatch=max_mismatch,
            min_sqnr_db=min_sqnr_db,
            max_output_lsb=max_output_lsb,
        )
        return report

    def _record(
        self, assertion: Callable[..., Any], model: nn.Module, *args: Any, **kwargs: Any
    ) -> Any:
        __tracebackhide__ = True
        name, kind = assertion.__name__, type(model).__name__
        try:
            result = assertion(model, *args, **kwargs)
        except AssertionError as error:
            self.results.append(CheckResult(self._nodeid, name, kind, "failed", str(error)))
            raise
        self.results.append(CheckResult(self._nodeid, name, kind, "passed"))
        return result
