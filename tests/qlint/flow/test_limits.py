"""Programs that could cost a linter its time, its memory or its findings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from marked import HEAD, check

from qlint.config import Settings
from qlint.engine import lint

if TYPE_CHECKING:
    from pathlib import Path

_NET = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()

    def forward(self, x):
        x = self.quant(x)
        return x + x  # QL101


"""
_SECONDS = 5


@pytest.mark.parametrize(
    "statement",
    [
        "for _ in range(10**20): pass",
        "a = [1, 2][::0]",
        "a = [1, 2]; del a[::0]",
        "import math; a = f'{math.factorial(2000)}'",
        "import math; a = {math.factorial(2000): 1}",
        "a = '%d' % 1e999",
        "a = '%c' % -1",
        "a = [1]; a.insert(10**30, 1); a.insert(-10**30, 1)",
        "import itertools; a = list(itertools.product([1], repeat=-1))",
        "import itertools; a = list(itertools.combinations([1], 10**20))",
        "a = sum([1.5, 10**400])",
        "a = '{:>3000000000}'.format(1)",
        "a = '%3000000000d' % 1",
        "a = 'ab'\nfor _ in range(40): a = f'{a}{a}'",
        "a = [1]\nfor _ in range(40): a = a + a",
        "a = [1]\nfor _ in range(40): a = [*a, *a]",
        "a = (1,)\nfor _ in range(40): a += a",
        "a = [1]\nfor _ in range(40): a.extend(a)",
        "a = [0] * 64 * 64 * 64 * 64 * 64 * 64",
        "import copy; a = (1,)\nfor _ in range(60): a = (a, a)\nb = copy.deepcopy(a)",
        "def μ_net(): return Net()",
        "def ﬁne(): return Net()",
    ],
)
def test_what_python_refuses_or_pays_for(tmp_path: Path, statement: str) -> None:
    start = time.perf_counter()
    check(tmp_path, {"net.py": HEAD + _NET + statement + "\n"})
    assert time.perf_counter() - start < _SECONDS


def test_a_model_half_built_hides_nothing(tmp_path: Path) -> None:
    numbers = ", ".join(map(str, range(200)))
    main = f"def main():\n    for a in [{numbers}]:\n        for b in [{numbers}]:\n"
    main += "            c = a * b + a - b\n            d = c * c\n    return Net()\n"
    check(tmp_path, _NET + main)


def test_many_colours_on_a_line(tmp_path: Path) -> None:
    colours = ", ".join(f'"#{number:06x}"' for number in range(20_000))
    start = time.perf_counter()
    check(tmp_path, _NET + f"colours = [{colours}]  # noqa: E501\n")
    assert time.perf_counter() - start < _SECONDS


def test_sequentials_around_one_of_two(tmp_path: Path) -> None:
    source = """\
class Doubling(nn.Module):
    def __init__(self, flag):
        super().__init__()
        self.quant = QuantStub()
        layers = nn.Identity()
        for _ in range(40):
            layers = nn.Sequential(layers, nn.ReLU()) if flag else nn.Sequential(layers)
        self.layers = layers

    def forward(self, x):
        x = self.quant(x)
        x = x + x  # QL101
        return self.layers(x)
"""
    start = time.perf_counter()
    check(tmp_path, source)
    assert time.perf_counter() - start < 3 * _SECONDS


def test_files_that_import_everything_from_each_other(tmp_path: Path) -> None:
    names = [f"part{number}" for number in range(12)]
    stars = "".join(f"from pkg.{name} import *\n" for name in names)
    files = {f"pkg/{name}.py": stars + f"def {name}():\n    return nowhere\n" for name in names}
    files["pkg/__init__.py"] = ""
    files["net.py"] = stars + HEAD + _NET + "def main():\n    return part3(), nowhere\n"
    start = time.perf_counter()
    check(tmp_path, files)
    assert time.perf_counter() - start < _SECONDS


def test_what_is_cut_short_is_said(tmp_path: Path) -> None:
    """Each block holds the two before it twice: far too many to run."""
    blocks = "".join(
        f"class Block{n}(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        f"        self.a, self.b = {f'Block{n - 1}(), Block{n - 1}()' if n else '0, 0'}\n"
        "    def forward(self, x):\n"
        f"        return {'self.a(x) + self.b(x)' if n else 'x'}\n"
        for n in range(24)
    )
    path = tmp_path / "net.py"
    path.write_text(f"from torch import nn\n{blocks}")
    said: list[str] = []
    lint([path], Settings(root=tmp_path, assume_quantized=True), note=said.append)
    assert said == [f"followed only in part, for it would take too long: code in `{path}`"]
    path.write_text("from torch import nn\nclass Net(nn.Module):\n    pass\n")
    lint([path], Settings(root=tmp_path, assume_quantized=True), note=said.append)
    assert len(said) == 1


def test_patterns_that_name_no_class_are_said(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("from torch import nn\nclass Net(nn.Module):\n    pass\n")
    said: list[str] = []
    settings = Settings(root=tmp_path, quantized=("net.Net", "Net*", "net.Nett"))
    lint([path], settings, note=said.append)
    assert said == ["no module class in these files is named like this in `quantized`: `net.Nett`"]


def test_large_packages_are_not_followed_for_long(tmp_path: Path) -> None:
    """What the program itself does is looked at however much it asks of a package."""
    packages = tmp_path / "env" / "lib" / "python3.12" / "site-packages"
    (tmp_path / "env" / "pyvenv.cfg").parent.mkdir()
    (tmp_path / "env" / "pyvenv.cfg").write_text("home = /usr\n")
    names = [f"part{number}" for number in range(300)]
    files = {f"{name}.py": f"import torch\n{name} = torch.nn.ReLU\n" * 40 for name in names}
    files["__init__.py"] = "".join(f"from .{name} import *\n" for name in names)
    for name, text in files.items():
        path = packages / "huge" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + f"mention = {[*names, 'make_it']}\n")
    path = tmp_path / "project" / "net.py"
    path.parent.mkdir()
    calls = "".join(
        f"    huge.make_it({number})\n    huge.part{number}()\n" for number in range(99)
    )
    path.write_text(
        f"import huge\n{HEAD}{_NET}def main():\n{calls}    net = QuantWrapper(Twice())\n\n\n"
        "class Twice(nn.Module):\n    def forward(self, x):\n        return x + x\n"
    )
    start = time.perf_counter()
    found = lint([path], Settings(root=path.parent, python=tmp_path / "env"))
    assert time.perf_counter() - start < _SECONDS
    assert [each.code for each in found] == ["QL101", "QL101"]


def test_many_reused_layers_in_one_file(tmp_path: Path) -> None:
    """Whether each lies in a loop is asked of the whole file, once."""
    classes = "".join(
        f"class Net{n}(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.quant, self.conv = QuantStub(), nn.Conv2d(3, 3, 1)\n"
        "    def forward(self, x):\n"
        "        x = self.quant(x)\n"
        "        for _ in range(2):\n"
        "            x = self.conv(x)\n"
        "        return x\n"
        for n in range(400)
    )
    path = tmp_path / "net.py"
    path.write_text(HEAD + classes)
    start = time.perf_counter()
    found = lint([path], Settings(root=tmp_path))
    assert time.perf_counter() - start < _SECONDS
    assert [each.code for each in found] == ["QL203"] * 400


def test_what_half_a_module_does_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A constructor that is not run leaves out stubs that would have been there."""
    monkeypatch.setattr("qlint.flow.budget._MOST", 3_000)
    path = tmp_path / "net.py"
    path.write_text(
        "import torch\nfrom torch import nn\nfrom torch.ao.quantization import DeQuantStub\n\n\n"
        "class Part(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.dequant = DeQuantStub()\n\n"
        "    def forward(self, x):\n        return torch.softmax(self.dequant(x), 1)\n\n\n"
        "def build(size):\n"
        + "    size = size + 1 + 2 + 3\n" * 1000
        + "    return nn.Sequential(Part())\n"
    )
    assert lint([path], Settings(root=tmp_path, assume_quantized=True)) == []
