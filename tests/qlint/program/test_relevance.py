"""Which files are read at all: none that can matter is left out, none that cannot is parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qlint.program.project import Project
from qlint.program.relevance import relevant

if TYPE_CHECKING:
    from pathlib import Path

_MODEL = "import torch\nfrom torch import nn\nclass Net(nn.Module): pass\n"
_QUANTIZED = "from torch.ao.quantization import QuantStub\nclass Q(Base): pass\n"


def _relevant(
    folder: Path,
    files: dict[str, str],
    *,
    linted: tuple[str, ...] | None = None,
    all_modules: bool = False,
) -> set[str]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    paths = [folder / name for name in linted or files]
    project = Project(paths, folder, lambda path: path.read_bytes())
    contents = {path: path.read_bytes() for path in paths}
    found = relevant(project, contents, all_modules=all_modules)
    return {str(path.relative_to(folder)) for path in found}


def test_default_mode_wants_quantization(tmp_path: Path) -> None:
    files = {"model.py": _MODEL, "quantized.py": _QUANTIZED, "util.py": "def f(): pass\n"}
    assert _relevant(tmp_path, files) == {"quantized.py"}


def test_all_modules(tmp_path: Path) -> None:
    files = {"model.py": _MODEL, "util.py": "class A: pass\n"}
    assert _relevant(tmp_path, files, all_modules=True) == {"model.py"}


@pytest.mark.parametrize("all_modules", [False, True])
def test_physics_is_not_about_tensors(tmp_path: Path, all_modules: bool) -> None:
    """`quantization` and `Module` are words outside torch too."""
    files = {"boson.py": '"""Second quantization."""\nclass Module: pass\n'}
    assert _relevant(tmp_path, files, all_modules=all_modules) == set()


@pytest.mark.parametrize(
    "line",
    [
        "from base import Q",
        "import base",
        "import os, base as b",
        "from base import (\n    Q,\n)",
        "if True:\n    from base import Q",
    ],
)
def test_importers_of_what_matters(tmp_path: Path, line: str) -> None:
    files = {"base.py": _QUANTIZED, "net.py": f"{line}\nclass Net(Q): pass\n"}
    assert _relevant(tmp_path, files) == {"base.py", "net.py"}


def test_importers_of_importers_through_a_package(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "from .inner import Q\n",
        "pkg/inner.py": _QUANTIZED,
        "pkg/net.py": "from . import Q\nclass Net(Q): pass\n",
        "pkg/other.py": "class A: pass\n",
    }
    assert _relevant(tmp_path, files) == {"pkg/inner.py", "pkg/net.py"}


def test_context_beside_the_linted_files(tmp_path: Path) -> None:
    files = {"base.py": _QUANTIZED, "net.py": "from base import Q\nclass Net(Q): pass\n"}
    assert _relevant(tmp_path, files, linted=("net.py",)) == {"net.py"}


def test_declared_by_a_comment(tmp_path: Path) -> None:
    files = {
        "base.py": _MODEL,
        "net.py": "from base import Net\nclass N(Net):  #qlint: quantized\n",
    }
    assert _relevant(tmp_path, files) == {"net.py"}


def test_import_cycles(tmp_path: Path) -> None:
    files = {
        "a.py": "from b import *\nclass A(B): pass\n",
        "b.py": "from a import A\nfrom torch.ao.quantization import QuantStub\nclass B: pass\n",
    }
    assert _relevant(tmp_path, files) == {"a.py", "b.py"}


_GRAPHS = "import torch\nfrom torchao.quantization import quantize_\ndef q(m): quantize_(m)\n"


def test_nothing_is_int8_where_only_graphs_are_quantized(tmp_path: Path) -> None:
    files = {"core.py": _GRAPHS, "net.py": f"import core\n{_MODEL}"}
    assert _relevant(tmp_path, files) == set()


def test_users_of_graphs_are_not_read_for_int8_elsewhere(tmp_path: Path) -> None:
    """The core of a package may import a graph flow, and everything imports the core."""
    files = {
        "core.py": _GRAPHS,
        "net.py": f"import core\n{_MODEL}",
        "int8.py": _QUANTIZED,
        "both.py": "from int8 import Q\nimport core\nnet = core.q(Q())\n",
    }
    assert _relevant(tmp_path, files) == {"core.py", "int8.py", "both.py"}


@pytest.mark.parametrize(
    "step",
    [
        "from torch.ao.quantization import prepare\nprepare(net)",
        "from torch import quantization\nquantization.convert(net)",
        "from torch.ao import quantization as tq\ntq.prepare_qat(net)",
        "import torch.quantization as tq\ntq.quantize(net, run, args)",
    ],
)
def test_steps_of_the_eager_flow_make_int8(tmp_path: Path, step: str) -> None:
    files = {"script.py": f"{step}\n", "user.py": "import script\nclass User: pass\n"}
    assert _relevant(tmp_path, files) == {"script.py", "user.py"}


@pytest.mark.parametrize(
    "text",
    [
        "import modelopt.torch.quantization as mtq\nmtq.convert(torch_model)\n",
        "import torch\nimport torchao.quantization\ndef convert(x): pass\n",
    ],
)
def test_steps_of_other_packages_do_not(tmp_path: Path, text: str) -> None:
    assert _relevant(tmp_path, {"script.py": text}) == set()


def test_a_model_whose_torch_comes_from_another_file(tmp_path: Path) -> None:
    files = {
        "layers.py": "import torch\nfrom torch.nn import Module\nclass Conv(Module): pass\n",
        "net.py": "from layers import Module\nclass Net(Module):\n    pass\n",
        "words.py": "from layers import os\nclass Words: pass\n",
    }
    assert _relevant(tmp_path, files, all_modules=True) == {"layers.py", "net.py"}
    assert _relevant(tmp_path, files, linted=("net.py",), all_modules=True) == {"net.py"}
