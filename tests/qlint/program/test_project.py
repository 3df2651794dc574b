"""Which file an import means, and what becomes of files that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qlint.program.project import Project
from qlint.syntax.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def _write(folder: Path, *names: str, text: str = "import torch\n") -> list[Path]:
    paths = []
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths.append(path)
    return paths


def _project(folder: Path, paths: list[Path]) -> Project:
    return Project(paths, folder, lambda path: path.read_bytes())


@pytest.mark.parametrize(
    ("dotted", "wanted"),
    [
        ("pkg", "pkg/__init__.py"),
        ("pkg.a", "pkg/a.py"),
        ("pkg.sub", "pkg/sub/__init__.py"),
        ("pkg.sub.b", "pkg/sub/b.py"),
        ("loose", "loose.py"),
        ("pkg.missing", None),
        ("os", None),
        ("namespace", None),
        ("namespace.c", "namespace/c.py"),
    ],
)
def test_absolute_imports(tmp_path: Path, dotted: str, wanted: str | None) -> None:
    paths = _write(
        tmp_path,
        "pkg/__init__.py",
        "pkg/a.py",
        "pkg/sub/__init__.py",
        "pkg/sub/b.py",
        "loose.py",
        "namespace/c.py",
    )
    found = _project(tmp_path, paths).find(tmp_path / "loose.py", dotted)
    assert found == (None if wanted is None else tmp_path / wanted)


@pytest.mark.parametrize(
    ("level", "dotted", "wanted"),
    [
        (1, "", "pkg/sub/__init__.py"),
        (1, "b", "pkg/sub/b.py"),
        (2, "a", "pkg/a.py"),
        (2, "sub.b", "pkg/sub/b.py"),
        (2, "nothing", None),
        (9, "a", None),
    ],
)
def test_relative_imports(tmp_path: Path, level: int, dotted: str, wanted: str | None) -> None:
    paths = _write(tmp_path, "pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py", "pkg/sub/b.py")
    found = _project(tmp_path, paths).find_relative(paths[-1], level, dotted)
    assert found == (None if wanted is None else tmp_path / wanted)


def test_the_file_beside_the_importer_comes_first(tmp_path: Path) -> None:
    paths = _write(tmp_path, "one/run.py", "one/blocks.py", "two/run.py", "two/blocks.py")
    project = _project(tmp_path, paths)
    assert project.find(paths[0], "blocks") == paths[1]
    assert project.find(paths[2], "blocks") == paths[3]


def test_a_script_run_from_the_root(tmp_path: Path) -> None:
    paths = _write(tmp_path, "models/net.py", "tools/train.py")
    assert _project(tmp_path, paths).find(paths[1], "models.net") == paths[0]


def test_a_source_layout(tmp_path: Path) -> None:
    paths = _write(tmp_path, "src/pkg/__init__.py", "src/pkg/net.py", "tests/test_net.py")
    assert _project(tmp_path, paths).find(paths[1], "pkg.net") == paths[1]


def test_torch_is_never_read(tmp_path: Path) -> None:
    paths = _write(tmp_path, "torch/__init__.py", "net.py")
    assert _project(tmp_path, paths).find(paths[1], "torch") is None


def test_context_is_read_only_if_it_knows_torch(tmp_path: Path) -> None:
    linted = _write(tmp_path, "net.py")
    (helper,) = _write(tmp_path, "helper.py")
    (plain,) = _write(tmp_path, "plain.py", text="x = 1\n")
    project = _project(tmp_path, linted)
    loaded = project.load(helper)
    assert loaded is not None
    assert not loaded.linted
    assert project.load(plain) is None
    assert not project.errors


def test_module_names(tmp_path: Path) -> None:
    paths = _write(tmp_path, "pkg/__init__.py", "pkg/sub/__init__.py", "pkg/sub/b.py", "loose.py")
    project = _project(tmp_path, paths)
    names = [module.name for path in paths if (module := project.load(path)) is not None]
    assert names == ["pkg", "pkg.sub", "pkg.sub.b", "loose"]


def test_errors_are_kept(tmp_path: Path) -> None:
    paths = _write(tmp_path, "broken.py", text="import torch\nx = (\n")
    project = _project(tmp_path, [*paths, tmp_path / "gone.py"])
    assert project.load(paths[0]) is None
    assert project.load(tmp_path / "gone.py") is None
    assert isinstance(project.errors[paths[0]], SourceError)
    assert isinstance(project.errors[tmp_path / "gone.py"], FileNotFoundError)


def test_positions(tmp_path: Path) -> None:
    (path,) = _write(tmp_path, "net.py", text="import torch\n\nx = 1\n")
    module = _project(tmp_path, [path]).load(path)
    assert module is not None
    position = module.position(module.text.index("x"))
    assert (position.row, position.column) == (3, 1)
