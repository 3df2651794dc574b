"""The pytest plugin: options, marker, hooks and fixtures, and nothing slow.

This module is imported by every pytest run in an environment that has pytest-qcheck,
so torch, and whatever needs it, is imported only by the fixtures and assertions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

    from pytest_qcheck.fixture import QCheck
    from pytest_qcheck.quantizers import Quantizer
    from pytest_qcheck.settings import Settings

MARKER = (
    "qcheck(*, engines=None, max_lsb=None): defaults of this test for pytest_qcheck: "
    "`engines` are the quantized engines that the qengine fixture runs it on, "
    "`max_lsb` the tolerance of assert_matches_converted."
)

_asked = pytest.StashKey["Settings"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--qcheck-*` options and `qcheck_*` ini names."""
    group = parser.getgroup("qcheck", "quantization checks (pytest-qcheck)")
    group.addoption(
        "--qcheck-engines",
        metavar="NAMES",
        help="quantized engines for tests that use the qengine fixture, separated by commas, "
        "or 'all' for every engine of the installed torch (default: torch's own default).",
    )
    group.addoption(
        "--qcheck-max-lsb",
        metavar="N",
        help="tolerance of qcheck.assert_matches_converted for each layer, in LSB (default: 1).",
    )
    parser.addini("qcheck_engines", "as --qcheck-engines", type="args", default=[])
    parser.addini("qcheck_max_lsb", "as --qcheck-max-lsb", default="")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hooks of `pytest_qcheck.hookspecs` known."""
    from pytest_qcheck import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Check the settings once, and let hooks teach the assertions new quantizers."""
    config.addinivalue_line("markers", MARKER)
    config.stash[_asked] = _from_config(config)

    from pytest_qcheck.readers import register_quantizer_reader

    def read_by_hook(name: str, module: nn.Module) -> Quantizer | None:
        hook = config.hook.pytest_qcheck_read_quantizer
        result: Quantizer | None = hook(name=name, module=module)
        return result

    config.add_cleanup(register_quantizer_reader(read_by_hook))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses `qengine` once for each chosen engine."""
    if "qengine" not in metafunc.fixturenames or _parametrized_by_user(metafunc):
        return
    asked = _settings_of(metafunc.definition)
    metafunc.parametrize("qengine", _expand_engines(asked.engines), indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse markers that ask for something that does not exist."""
    for item in items:
        if item.get_closest_marker("qcheck") is not None:
            _settings_of(item)


@pytest.fixture
def qcheck(request: pytest.FixtureRequest) -> QCheck:
    """The assertions of `pytest_qcheck` as methods, with this test's defaults filled in."""
    from pytest_qcheck.fixture import QCheck

    return QCheck(_settings_of(request.node), nodeid=request.node.nodeid)


@pytest.fixture
def qengine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Name of the quantized engine this run of the test uses; the old one is restored after."""
    torch = pytest.importorskip("torch", reason="qengine needs PyTorch, which is not installed")
    engines = torch.backends.quantized
    before = engines.engine
    engine = getattr(request, "param", None) or before
    if engine not in engines.supported_engines:
        supported = ", ".join(engines.supported_engines)
        pytest.skip(f"this torch has no quantized engine {engine!r}, only {supported}")
    engines.engine = engine
    try:
        yield engine
    finally:
        engines.engine = before


def _from_config(config: pytest.Config) -> Settings:
    """Settings of the command line over those of the ini file."""
    from pytest_qcheck.settings import SettingError, Settings, parse_engines, parse_max_lsb

    def read(engines: object, max_lsb: object, spelling: str) -> Settings:
        return Settings(
            parse_engines(engines, spelling.format("engines")) if engines else (),  # type: ignore[arg-type]
            None if max_lsb in (None, "") else parse_max_lsb(max_lsb, spelling.format("max_lsb")),
        )

    try:
        line = read(
            config.getoption("qcheck_engines"), config.getoption("qcheck_max_lsb"), "--qcheck-{}"
        )
        ini_engines = ",".join(config.getini("qcheck_engines"))
        return line.over(read(ini_engines, config.getini("qcheck_max_lsb"), "ini qcheck_{}"))
    except SettingError as error:
        raise pytest.UsageError(
            str(error).replace("--qcheck-max_lsb", "--qcheck-max-lsb")
        ) from None


def _settings_of(node: pytest.Item | pytest.Function) -> Settings:
    """Settings of the node's markers over those of the session."""
    from pytest_qcheck.settings import SettingError, from_markers

    markers = [(mark.args, mark.kwargs) for mark in node.iter_markers("qcheck")]
    try:
        return from_markers(markers, node.nodeid).over(node.config.stash[_asked])
    except SettingError as error:
        raise pytest.UsageError(str(error)) from None


def _parametrized_by_user(metafunc: pytest.Metafunc) -> bool:
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", "")
        if isinstance(names, str):
            names = [name.strip() for name in names.split(",")]
        if "qengine" in names:
            return True
    return False


def _expand_engines(asked: tuple[str, ...]) -> list[str]:
    """Engine names to run on; a test that uses `qengine` is about to need torch anyway."""
    if asked and "all" not in asked:
        return list(asked)
    try:
        from torch.backends import quantized
    except ModuleNotFoundError:
        return list(asked) or ["default"]  # the fixture skips, and says why
    if not asked:
        return [str(quantized.engine)]
    return [str(name) for name in quantized.supported_engines if name != "none"]
