"""Installed packages as context: which environment, what is read of it, what if it is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from marked import marks

from qlint.cli import main
from qlint.config import Settings
from qlint.engine import lint
from qlint.environment import installed_roots
from qlint.errors import UserError


def _environment(prefix: Path, *, config: str = "") -> Path:
    packages = prefix / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").write_text("")
    (prefix / "pyvenv.cfg").write_text(config)
    return packages


def test_an_interpreter_or_its_environment_can_be_named(tmp_path: Path) -> None:
    packages = _environment(tmp_path / "env")
    assert installed_roots(tmp_path / "env", tmp_path, {}) == (packages,)
    assert installed_roots(tmp_path / "env" / "bin" / "python", tmp_path, {}) == (packages,)


def test_an_interpreter_that_is_a_link(tmp_path: Path) -> None:
    packages = _environment(tmp_path / "base")
    link = tmp_path / "bin" / "python3"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "base" / "bin" / "python")
    assert installed_roots(link, tmp_path, {}) == (packages,)


def test_the_active_environment_comes_first(tmp_path: Path) -> None:
    active, own = _environment(tmp_path / "active"), _environment(tmp_path / ".venv")
    variables = {"VIRTUAL_ENV": str(tmp_path / "active")}
    assert installed_roots(None, tmp_path, variables) == (active,)
    assert installed_roots(None, tmp_path, {}) == (own,)
    # pre-commit activates the environment that it made for qlint.
    assert installed_roots(None, tmp_path, {"VIRTUAL_ENV": sys.prefix}) == (own,)


def test_without_any_the_one_that_qlint_runs_in(tmp_path: Path) -> None:
    assert Path(pytest.__file__).parents[1] in installed_roots(None, tmp_path, {})


def test_a_virtual_environment_can_show_the_packages_of_another(tmp_path: Path) -> None:
    base = _environment(tmp_path / "base")
    config = f"home = {tmp_path / 'base' / 'bin'}\ninclude-system-site-packages = true\n"
    packages = _environment(tmp_path / "env", config=config)
    assert installed_roots(tmp_path / "env", tmp_path, {}) == (packages, base)


def test_path_files_are_followed(tmp_path: Path) -> None:
    packages = _environment(tmp_path / "env")
    (tmp_path / "src").mkdir()
    (packages / "editable.pth").write_text(
        f"import sys\n# {tmp_path}\n{tmp_path / 'src'}\nnowhere\n"
    )
    assert installed_roots(tmp_path / "env", tmp_path, {}) == (packages, tmp_path / "src")


@pytest.mark.parametrize("exists", [True, False])
def test_what_is_no_environment_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], exists: bool
) -> None:
    named = tmp_path / "python"
    if exists:
        named.write_text("")
    with pytest.raises(UserError, match="name an interpreter or the folder of an environment"):
        installed_roots(named, tmp_path, {})
    (tmp_path / "a.py").write_text("x = 1\n")
    assert main(["--isolated", "--python", str(named), str(tmp_path / "a.py")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


_LIBRARY = {
    "library/__init__.py": "from .zoo import *\nfrom .plain import *\n",
    "library/plain.py": "class Other:\n    pass\n",
    "library/zoo.py": """
import torch
from torch import nn
from library.parts import join


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.tail(self.relu(self.conv(x)), x)

    def both(self, x, y):
        return join(x, y)
""",
    "library/parts.py": "import torch\n\n\ndef join(x, y):\n    return x + y\n",
    "library/base.py": """
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub


class Quantizable(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()

    def forward(self, x):
        return self.dequant(self.body(self.quant(x)))
""",
}
_BLOCK = """
from torch.ao.quantization import QuantWrapper
from library import Block


class Mine(Block):
    def tail(self, x, identity):
        x = self.relu(x)  # QL202
        return x + identity  # QL101


class Calls(Block):
    def tail(self, x, identity):
        return self.both(x, identity)  # QL101


model = QuantWrapper(Mine())
other = QuantWrapper(Calls())
"""
_STUBS_ELSEWHERE = """
import torch
from library.base import Quantizable


class Mine(Quantizable):
    def body(self, x):
        return x * x  # QL103
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    packages = _environment(tmp_path / "env")
    for name, text in _LIBRARY.items():
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return packages


@pytest.mark.parametrize("source", [_BLOCK, _STUBS_ELSEWHERE], ids=["block", "stubs elsewhere"])
def test_installed_bases_are_context(tmp_path: Path, packages: Path, source: str) -> None:
    path = tmp_path / "project" / "model.py"
    path.parent.mkdir()
    path.write_text(source)
    settings = Settings(root=path.parent, python=tmp_path / "env")
    found = {(each.filename, each.location.row, each.code) for each in lint([path], settings)}
    assert found == {(str(path), *mark) for mark in marks(source)}


_MAKES = """
from torch import nn
from torch.ao.quantization import DeQuantStub, QuantStub, QuantWrapper
from library.zoo import Residual, make


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.dequant = QuantStub(), DeQuantStub()
        self.body, self.other = Residual(), make()

    def forward(self, x):
        x = self.body(self.quant(x))  # QL101
        for layer in self.other.children():
            x = layer(x)
        return self.body(self.dequant(x))


wrapped = QuantWrapper(make(2))  # QL101
quiet = QuantWrapper(make(2))  # qlint: ignore[QL101]
"""
_MAKES_CLEAN = """
from torch.ao.quantization import QuantWrapper
from library.base import Whole
from library.zoo import make, missing

model, other = Whole(), QuantWrapper(make())
nothing = missing(model)
"""
_ZOO = """


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        y = self.conv(x) + x
        return y + x


def make(blocks=0):
    return nn.Sequential(nn.Conv2d(3, 3, 1), *[Residual() for _ in range(blocks)])
"""
_BASE = """

class Whole(Quantizable):
    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(3, 3, 1)
"""


@pytest.mark.parametrize("source", [_MAKES, _MAKES_CLEAN], ids=["raw", "clean"])
def test_what_fails_in_a_library_is_reported_where_it_is_called(
    tmp_path: Path, packages: Path, source: str
) -> None:
    zoo, base = packages / "library" / "zoo.py", packages / "library" / "base.py"
    zoo.write_text(zoo.read_text() + _ZOO)
    base.write_text(base.read_text() + _BASE)
    path = tmp_path / "project" / "model.py"
    path.parent.mkdir()
    path.write_text(source)
    found = lint([path], Settings(root=path.parent, python=tmp_path / "env"))
    assert {(each.location.row, each.code) for each in found} == set(marks(source))
    first = zoo.read_text().splitlines().index("        y = self.conv(x) + x") + 1
    for each in found:
        assert each.filename == str(path)
        assert f"(library.zoo, line {first}, and 1 other place)" in each.message
        assert each.trace[-1].filename == str(zoo)
        assert "library is installed" in each.help


def test_a_missing_base_is_said_once_and_counts_as_unknown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _environment(tmp_path / "env")
    path = tmp_path / "model.py"
    path.write_text(_BLOCK)
    arguments = ["--isolated", "--python", str(tmp_path / "env"), str(path)]
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    assert main([*arguments, "--verbose"]) == 0
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "library" in line]
    assert "not installed in the environment" in said


def test_the_environment_can_be_configured(
    tmp_path: Path, packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "qlint.toml").write_text('python = "env"\n')
    (tmp_path / "model.py").write_text(_BLOCK)
    assert main(["--output-format", "concise", str(tmp_path / "model.py")]) == 1
    assert "QL101" in capsys.readouterr().out
    (tmp_path / "qlint.toml").write_text("python = 3\n")
    assert main([str(tmp_path / "model.py")]) == 2
    assert "must be a path" in capsys.readouterr().err


def test_nothing_of_the_library_runs(tmp_path: Path, packages: Path) -> None:
    (packages / "library" / "__init__.py").write_text("raise SystemExit('imported')\n")
    path = tmp_path / "model.py"
    path.write_text(_BLOCK)
    assert lint([path], Settings(root=tmp_path, python=tmp_path / "env")) == []
