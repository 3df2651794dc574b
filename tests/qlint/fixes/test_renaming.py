"""Names that have moved to ``torch.ao``: they mean the very same objects, measured."""

from __future__ import annotations

import importlib
import pkgutil
import warnings

import pytest

from qlint.semantics.namespaces import moved_to
from tests.qlint.fixes.repaired import repair


def _modules(name: str) -> list[str]:
    package = importlib.import_module(name)
    path = getattr(package, "__path__", None)
    inner = [] if path is None else [each.name for each in pkgutil.walk_packages(path, f"{name}.")]
    return [name, *inner]


@pytest.mark.parametrize(
    "namespace", ["quantization", "nn.quantized", "nn.quantizable", "nn.qat", "nn.intrinsic"]
)
def test_the_new_name_means_the_same(namespace: str) -> None:
    namespace = f"torch.{namespace}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for old in _modules(namespace):
            new = moved_to(old)
            if new is None:
                continue
            before, after = importlib.import_module(old), importlib.import_module(new)
            for name in vars(before):
                public = getattr(before, "__all__", [name])
                target = moved_to(f"{old}.{name}")
                if name.startswith("__") or name not in public or target is None:
                    continue
                package, _, last = target.rpartition(".")
                kept = getattr(importlib.import_module(package), last, None)
                same = kept is getattr(before, name) or isinstance(kept, type(pytest))
                assert same, f"{old}.{name} is not {target}"
        assert after is not None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import torch.quantization", "import torch.ao.quantization"),
        ("import os, torch.quantization as q", "import os, torch.ao.quantization as q"),
        ("import torch.nn.quantized.dynamic as d", "import torch.ao.nn.quantized.dynamic as d"),
        (
            "from torch.quantization import (  # these\n    QuantStub,\n    DeQuantStub,\n)",
            "from torch.ao.quantization import (  # these\n    QuantStub,\n    DeQuantStub,\n)",
        ),
        (
            "from torch.quantization.qconfig import *",
            "from torch.ao.quantization.qconfig import *",
        ),
        (
            "from torch.quantization.observer import MinMaxObserver as M",
            "from torch.ao.quantization.observer import MinMaxObserver as M",
        ),
        ("from torch import quantization", "from torch.ao import quantization"),
        ("from torch.nn import quantized as nnq", "from torch.ao.nn import quantized as nnq"),
        (
            "from torch.nn.intrinsic.qat import ConvBn2d",
            "from torch.ao.nn.intrinsic.qat import ConvBn2d",
        ),
        (
            "from torch.quantization import _numeric_suite as ns",
            "from torch.ao.ns import _numeric_suite as ns",
        ),
        (
            "import torch as t\nq = t.quantization.get_default_qconfig('x86')",
            "import torch as t\nq = t.ao.quantization.get_default_qconfig('x86')",
        ),
        (
            "def f():\n    import torch.quantization as q; return q.prepare",
            "def f():\n    import torch.ao.quantization as q; return q.prepare",
        ),
    ],
)
def test_names_are_replaced(before: str, after: str) -> None:
    repaired = repair(before + "\n")
    assert repaired.after == after + "\n"
    assert repaired.left == []
    exec(compile(repaired.after, "<repaired>", "exec"), {})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("from torch import nn, quantization\n", "two imports"),
        ("from torch.quantization import QuantStub, _numeric_suite\n", "two imports"),
        ("import torch\n\nf = (torch  # all of it\n     .quantization)\n", "comment"),
        ("import torch . quantization as q\n", "cannot edit"),
    ],
)
def test_what_takes_a_human(source: str, reason: str) -> None:
    repaired = repair(source)
    assert repaired.after == source
    assert repaired.codes_left == ["QL901"]
    assert reason in repaired.reasons


@pytest.mark.parametrize(
    "source",
    [
        "import torch\n\ntry:\n    q = torch.ao.quantization\n"
        "except AttributeError:\n    q = torch.quantization\n",
        "import torch\n\nif torch.__version__ < '1.13':\n    import torch.quantization as q\n",
        "import torch\n\nq = torch.quantization if not hasattr(torch, 'ao') else None\n",
        "import torch\n\ntorch = object()\nq = torch.quantization\n",
        "from torch.quantization.fx.quantization_types import Pattern\n",
        "from .torch.quantization import QuantStub\n",
        "import torch\nfrom torch import nn\n\n"
        "f = nn.quantized.FloatFunctional() or torch.nn.quantized.FloatFunctional()\n",
        "x = 'torch.quantization.QuantStub'  # torch.nn.quantized\n",
        "import torch\n\ntorch.backends.quantized.engine = 'qnnpack'\n",
    ],
)
def test_what_serves_old_releases_or_is_another_thing(source: str) -> None:
    repaired = repair(source)
    assert repaired.after == source
    assert repaired.left == []
