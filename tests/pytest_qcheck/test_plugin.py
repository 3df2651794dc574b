"""The plugin as a test suite sees it."""

from __future__ import annotations

import subprocess
import sys

import pytest

MODEL = """
import pytest, torch, torch.ao.quantization as tq
from torch import nn

def make():
    model = nn.Sequential(tq.QuantStub(), nn.Conv2d(3, 3, 1), tq.DeQuantStub()).eval()
    model.qconfig = tq.get_default_qconfig("x86")
    prepared = tq.prepare(model)
    prepared(torch.ones(1, 3, 4, 4))
    return prepared

X = torch.ones(1, 3, 4, 4)
"""


def run(code: str) -> str:
    """Output of a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


class TestCost:
    def test_importing_the_package_does_not_import_torch(self) -> None:
        code = (
            "import sys, pytest_qcheck, pytest_qcheck.plugin, pytest_qcheck.hookspecs;"
            "print('torch' in sys.modules, 'qlint.engine' in sys.modules, dir(pytest_qcheck)[:1])"
        )
        assert run(code).startswith("False False")

    def test_plugin_loads_only_its_own_small_modules(self) -> None:
        code = (
            "import sys, pytest; before = set(sys.modules); import pytest_qcheck.plugin;"
            "print(sorted(set(sys.modules) - before))"
        )
        assert run(code) == "['pytest_qcheck', 'pytest_qcheck.plugin']"

    def test_a_session_without_it_never_loads_torch(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            "import sys\ndef test_nothing():\n    assert 'torch' not in sys.modules\n"
            "    assert 'pytest_qcheck.plugin' in sys.modules\n"
        )
        pytester.runpytest_subprocess().assert_outcomes(passed=1)

    def test_it_can_be_switched_off(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile("def test_it(qcheck): pass")
        result = pytester.runpytest_subprocess("-p", "no:qcheck")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines("*fixture 'qcheck' not found*")


class TestWithoutTorch:
    def test_names_exist_and_say_what_is_missing(self) -> None:
        code = (
            "import sys; sys.modules['torch'] = None\n"
            "from pytest_qcheck import assert_fused\n"
            "try:\n    assert_fused(1, [['a', 'b']])\n"
            "except ImportError as error:\n    print(error)"
        )
        assert run(code) == (
            "pytest_qcheck.assert_fused needs PyTorch, which is not installed here: "
            "pip install 'pytest-qcheck[torch]'"
        )

    def test_unknown_name(self) -> None:
        import pytest_qcheck

        with pytest.raises(AttributeError, match="assert_fuzed"):
            _ = pytest_qcheck.assert_fuzed


class TestFixture:
    def test_methods_and_message(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            MODEL
            + """
def test_good(qcheck):
    qcheck.assert_calibrated(make())
    report = qcheck.assert_matches_converted(make(), X)
    assert [(r.assertion, r.outcome) for r in qcheck.results] == [
        ("assert_calibrated", "passed"), ("assert_matches_converted", "passed")]
    assert report.max_lsb <= 1

def test_bad(qcheck):
    qcheck.assert_toggles(make(), observer=False)
"""
        )
        result = pytester.runpytest_subprocess()
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(["*qcheck.assert_toggles(make(), observer=False)*"])
        result.stdout.fnmatch_lines(["E * 2 of 2 quantizers not in the expected state*"])
        assert "fixture.py" not in result.stdout.str(), "our own frames are hidden"

    def test_every_assertion_is_a_method(self) -> None:
        import pytest_qcheck

        for name in pytest_qcheck.__all__:
            if name.startswith("assert_"):
                assert hasattr(pytest_qcheck.QCheck, name)

    @pytest.mark.parametrize(
        ("ini", "line", "mark", "call", "wanted"),
        [
            ("", [], "", "", 1),
            ("7", [], "", "", 7),
            ("7", ["--qcheck-max-lsb=6"], "", "", 6),
            ("7", ["--qcheck-max-lsb=6"], "max_lsb=5", "", 5),
            ("7", ["--qcheck-max-lsb=6"], "max_lsb=5", "max_lsb=4", 4),
        ],
    )
    def test_where_max_lsb_comes_from(
        self,
        pytester: pytest.Pytester,
        ini: str,
        line: list[str],
        mark: str,
        call: str,
        wanted: int,
    ) -> None:
        pytester.makeini(f"[pytest]\nqcheck_max_lsb = {ini}\n")
        pytester.makepyfile(
            MODEL
            + f"""
@pytest.mark.qcheck({mark})
def test_it(qcheck):
    assert qcheck.assert_matches_converted(make(), X, {call}).tolerance == {wanted}
"""
        )
        result = pytester.runpytest_subprocess("--strict-markers", *line)
        result.assert_outcomes(passed=1)


class TestEngines:
    SOURCE = """
import torch
before = torch.backends.quantized.engine
def test_engine(qengine):
    assert torch.backends.quantized.engine == qengine
    print("ran on", qengine)
def test_restored():
    assert torch.backends.quantized.engine == before
"""

    def test_one_run_for_each(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(self.SOURCE)
        result = pytester.runpytest_subprocess("--qcheck-engines=fbgemm,qnnpack", "-s")
        result.assert_outcomes(passed=3)
        result.stdout.fnmatch_lines(["*ran on fbgemm*", "*ran on qnnpack*"])

    def test_default_is_torchs_own(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(self.SOURCE)
        pytester.runpytest_subprocess().assert_outcomes(passed=2)

    def test_marker_wins(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            "import pytest\n@pytest.mark.qcheck(engines=['qnnpack'])\n"
            "def test_it(qengine): assert qengine == 'qnnpack'\n"
        )
        pytester.runpytest_subprocess("--qcheck-engines=fbgemm,x86").assert_outcomes(passed=1)

    def test_engine_this_torch_lacks_is_skipped(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            "import torch\ndef pytest_generate_tests(metafunc): pass\n"
            "class Engines:\n    supported_engines, engine = ['x86'], 'x86'\n"
            "torch.backends.quantized = Engines()\ndef test_it(qengine): pass\n"
        )
        result = pytester.runpytest_subprocess("--qcheck-engines=qnnpack", "-rs")
        result.assert_outcomes(skipped=1)
        result.stdout.fnmatch_lines(["*this torch has no quantized engine 'qnnpack'*"])


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--qcheck-engines=x68"], "*no quantized engine is called 'x68'*mean 'x86'*"),
            (["--qcheck-max-lsb=many"], "*--qcheck-max-lsb: expected a number*'many'*"),
            (["--qcheck-max-lsb=-1"], "*0 or more*"),
            (["-o", "qcheck_engines=fbgem"], "*ini qcheck_engines*mean 'fbgemm'*"),
        ],
    )
    def test_options(self, pytester: pytest.Pytester, arguments: list[str], message: str) -> None:
        pytester.makepyfile("def test_it(): pass")
        result = pytester.runpytest_subprocess(*arguments)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: " + message])
        assert "Traceback" not in result.stderr.str()

    @pytest.mark.parametrize("mark", ["max_lbs=1", "'x86'", "engines=['x68']", "max_lsb='a'"])
    def test_marker(self, pytester: pytest.Pytester, mark: str) -> None:
        pytester.makepyfile(f"import pytest\n@pytest.mark.qcheck({mark})\ndef test_it(): pass\n")
        result = pytester.runpytest_subprocess()
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        output = result.stdout.str() + result.stderr.str()
        assert "pytest.mark.qcheck" in output
        assert "INTERNALERROR" not in output


class TestEnvironments:
    SOURCE = (
        MODEL
        + """
import unittest
from pytest_qcheck import assert_calibrated

class Case(unittest.TestCase):
    def test_plain_call(self):
        assert_calibrated(make())

def test_fixture(qcheck, qengine):
    qcheck.assert_calibrated(make())
"""
    )

    @pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
    def test_passes(self, pytester: pytest.Pytester, arguments: list[str]) -> None:
        pytester.makepyfile(self.SOURCE)
        pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=2)

    @pytest.mark.parametrize("arguments", [["-p", "no:terminal"], ["--collect-only", "-q"]])
    def test_runs(self, pytester: pytest.Pytester, arguments: list[str]) -> None:
        pytester.makepyfile(self.SOURCE)
        assert pytester.runpytest_subprocess(*arguments).ret == 0

    def test_plain_script(self) -> None:
        code = MODEL.replace("pytest, ", "") + (
            "\nfrom pytest_qcheck import assert_calibrated\nimport sys\n"
            "assert_calibrated(make())\nprint('pytest' in sys.modules)"
        )
        assert run(code) == "False"


class TestOwnQuantizers:
    READER = """
class MyFakeQuant(nn.Module):
    def __init__(self):
        super().__init__()
        self.on = True
        self.fake_quant_enabled = 1
    def forward(self, x):
        return x

def read(name, module):
    if isinstance(module, MyFakeQuant):
        return Quantizer(name=name, module=module, kind="activation", fake_quant=module.on,
                         toggle_names={"fake_quant": "on"})
"""

    def test_by_hook(self, pytester: pytest.Pytester) -> None:
        pytester.makeconftest(
            "from torch import nn\nfrom pytest_qcheck import Quantizer\n"
            + self.READER
            + "def pytest_qcheck_read_quantizer(name, module):\n    return read(name, module)\n"
        )
        pytester.makepyfile(
            """
import pytest
from torch import nn
from conftest import MyFakeQuant

def test_it(qcheck):
    model = nn.Sequential(MyFakeQuant())
    qcheck.assert_toggles(model, fake_quant=True)
    model[0].on = False
    with pytest.raises(AssertionError, match="on=0"):
        qcheck.assert_toggles(model, fake_quant=True)
"""
        )
        pytester.runpytest_subprocess().assert_outcomes(passed=1)

    def test_without_pytest(self) -> None:
        code = (
            "from torch import nn\nfrom pytest_qcheck import (Quantizer, assert_toggles,"
            " register_quantizer_reader)\n" + self.READER + "model = nn.Sequential(MyFakeQuant())\n"
            "remove = register_quantizer_reader(read)\n"
            "assert_toggles(model, fake_quant=True)\nremove()\n"
            "try:\n    assert_toggles(model, fake_quant=True)\n"
            "except AssertionError as error:\n    print(str(error).splitlines()[0])"
        )
        assert "cannot read its class" in run(code)
