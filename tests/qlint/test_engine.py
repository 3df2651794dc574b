"""What a lint run promises, whatever the files are like."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from marked import HEAD

from qlint.config import Settings
from qlint.engine import _with_deep_stack, lint

_BAD_NET = (
    HEAD
    + """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant = QuantStub()

    def forward(self, x):
        x = self.quant(x)
        return x + x
"""
)
_ROW = 15


def found(folder: Path, **files: bytes) -> list[tuple[str, str, int, str]]:
    """Code, file, row and message of what is found in these files and a bad net beside them."""
    paths = [folder / "net.py"]
    paths[0].write_text(_BAD_NET)
    for name, content in files.items():
        paths.append(folder / f"{name}.py")
        paths[-1].write_bytes(content)
    return [
        (each.code, Path(each.filename).name, each.location.row, each.message)
        for each in lint(paths, Settings(root=folder))
    ]


BROKEN = {
    "syntax": (b"def f(:\n    pass\n", 1),
    "syntax in quantization code": (b"import torch.ao.quantization\n\nclass A(:\n", 3),
    "not utf-8": (b"# one\nx = '\xff\xfe'\n", 2),
    "unknown coding": (b"# -*- coding: no-such -*-\n", 1),
    "null bytes": (b"x = 1\x00\n", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_reported_and_hides_nothing(tmp_path: Path, name: str) -> None:
    content, row = BROKEN[name]
    first, second = sorted(found(tmp_path, broken=content))
    assert (first[0], first[1]) == ("QL001", "broken.py")
    assert first[2] in (row, 1)
    assert second[:3] == ("QL101", "net.py", _ROW)
    assert "qlint failed" not in first[3]


GOOD = {
    "empty": b"",
    "only a comment": b"# quantization",
    "byte order mark": b"\xef\xbb\xbfimport torch.ao.quantization\n",
    "latin-1": b"# -*- coding: latin-1 -*-\nx = '\xe9'  # quantization\n",
    "carriage returns": b"import torch\r\nx = 1\r\n",
    "no newline": b"x = 1",
    "a thousand terms": b"import torch.ao.quantization\nx = " + b" + ".join([b"1"] * 1000) + b"\n",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_harmless_file_is_no_finding(tmp_path: Path, name: str) -> None:
    assert [each[:3] for each in found(tmp_path, other=GOOD[name])] == [("QL101", "net.py", _ROW)]


def test_unreadable_and_missing_files(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    paths = [tmp_path / "folder.py", tmp_path / "missing.py", tmp_path / "net.py"]
    paths[2].write_text(_BAD_NET)
    codes = [(each.code, Path(each.filename).name) for each in lint(paths, Settings(tmp_path))]
    assert codes == [("QL001", "folder.py"), ("QL001", "missing.py"), ("QL101", "net.py")]


def test_huge_file(tmp_path: Path) -> None:
    (code, name, _, message), net = sorted(found(tmp_path, huge=b"#" * 10_000_001))
    assert (code, name) == ("QL001", "huge.py")
    assert "larger than 10 MB" in message
    assert net[0] == "QL101"


def test_deeply_nested_code(tmp_path: Path) -> None:
    content = b"import torch.ao.quantization\nx = " + b"(" * 150 + b"1" + b")" * 150 + b"\n"
    results = found(tmp_path, deep=content)
    assert ("QL101", "net.py", _ROW) in [each[:3] for each in results]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="frames lie on the heap")
def test_recursion_keeps_its_memory() -> None:
    """Going to and fro over the edge of a block of frames asks the system for nothing."""
    resource = pytest.importorskip("resource")  # not on Windows

    def down(depth: int) -> None:
        for _ in range(20):
            leaf()
        if depth:
            down(depth - 1)

    def leaf() -> None:
        pass

    def faults() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        down(2_000)
        after: int = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        return after - before

    _with_deep_stack(faults)
    assert _with_deep_stack(faults) < 800


def test_overlay_is_read_instead_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("")
    overlaid = lint([path], Settings(root=tmp_path), {path: _BAD_NET.encode()})
    assert [each.code for each in overlaid] == ["QL101"]
    assert lint([path], Settings(root=tmp_path)) == []


def test_one_place_is_reported_once_and_in_order(tmp_path: Path) -> None:
    source = _BAD_NET + "\n\nclass Twin(Net):\n    pass\n\n\nfirst, second = Net(), Twin()\n"
    path = tmp_path / "net.py"
    path.write_text(source)
    other = tmp_path / "a.py"
    other.write_text(_BAD_NET)
    places = [
        (Path(each.filename).name, each.location.row)
        for each in lint([path, other], Settings(root=tmp_path))
    ]
    assert places == [("a.py", _ROW), ("net.py", _ROW)]


def test_context_is_read_but_not_reported(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(_BAD_NET)
    path = tmp_path / "net.py"
    path.write_text(
        "from base import Net\n\n\nclass Mine(Net):\n    def forward(self, x):\n"
        "        return self.quant(x) * 2\n"
    )
    codes = [(each.code, each.location.row) for each in lint([path], Settings(root=tmp_path))]
    assert codes == [("QL107", 6)]


def test_suppressed_and_ignored(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(_BAD_NET.replace("x + x", "x + x  # qlint: ignore[QL101] on purpose"))
    assert lint([path], Settings(root=tmp_path)) == []
    path.write_text(_BAD_NET)
    assert lint([path], Settings(root=tmp_path, ignore=("QL1",))) == []
    per_file = Settings(root=tmp_path, per_file_ignores={"net.py": ("QL101",)})
    assert lint([path], per_file) == []


def test_a_line_that_several_models_reach_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "models.py"
    path.write_text(
        "from torch import nn\n"
        "class Block(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x + x\n"
        "class Small(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.block = Block()\n"
        "    def forward(self, x):\n"
        "        return self.block(x)\n"
        "class Large(Small):\n"
        "    def forward(self, x):\n"
        "        return self.block(self.block(x))\n"
    )
    found = lint([path], Settings(root=tmp_path, assume_quantized=True))
    assert [(each.code, each.location.row) for each in found] == [("QL101", 4)]
    assert set(found[0].models) == {"Small", "Large"}


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("class Net(nn.Module):  # qlint: quantized\n    pass\n", []),
        (
            "class Net(\n    nn.Module,\n):  # noqa  # QLint:  quantized, by hand\n    pass\n",
            [],
        ),
        ("# qlint: quantized\nclass Net(nn.Module):\n    pass\n", [1]),
        ("class A:\n    class Net(nn.Module):  # qlint: quantized\n        pass\n", [2]),
        ("def f():\n    return 1  # qlint: quantized\n", [2]),
        ("text = '# qlint: quantized'\n", []),
    ],
)
def test_a_mark_that_marks_no_class_is_reported(
    tmp_path: Path, source: str, rows: list[int]
) -> None:
    path = tmp_path / "net.py"
    path.write_text("from torch import nn\n" + source)
    found = lint([path], Settings(root=tmp_path))
    assert [(each.code, each.location.row - 1) for each in found] == [
        ("QL002", row) for row in rows
    ]
