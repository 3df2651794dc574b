from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import qlint
from qlint.config import DEFAULT_EXCLUDE, Settings
from qlint.discovery import find_files
from qlint.errors import UserError
from qlint.patterns import PathPatterns


class Tree:
    """A directory to walk, and what the walk said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warnings: list[str] = []

    def write(self, *names: str, text: str = "") -> None:
        for name in names:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text, encoding="utf-8")

    def find(self, *paths: str, exclude: tuple[str, ...] = (), force: bool = False) -> list[str]:
        settings = Settings(
            self.root,
            exclude=(
                PathPatterns(self.root, DEFAULT_EXCLUDE),
                PathPatterns(self.root, exclude),
            ),
            force_exclude=force,
        )
        found = find_files(
            [self.root / path for path in paths or (".",)], settings, self.warnings.append
        )
        assert found == sorted(set(found))
        return [path.relative_to(self.root).as_posix() for path in found]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_python_files_sorted_and_once(tree: Tree) -> None:
    tree.write("b.py", "a.py", "sub/c.py", "d.pyi", "e.txt", "f.PY", "py")
    assert tree.find() == ["a.py", "b.py", "sub/c.py"]
    assert tree.find("sub", "a.py", ".", "sub/../a.py") == ["a.py", "b.py", "sub/c.py"]


def test_a_named_file_is_taken_whatever_it_is(tree: Tree) -> None:
    tree.write("d.pyi", "script", "build/x.py", "ignored.py")
    tree.write(".git/HEAD", ".gitignore", text="ignored.py\n")
    assert tree.find() == []
    named = ["build/x.py", "d.pyi", "ignored.py", "script"]
    assert tree.find(*named) == named


def test_a_path_that_does_not_exist(tree: Tree) -> None:
    with pytest.raises(UserError, match=r"cannot lint `.*nope\.py`: No such file or directory"):
        tree.find("nope.py")
    (tree.root / "dangling.py").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"dangling\.py`: No such file"):
        tree.find("dangling.py")


def test_default_excludes_are_left_out(tree: Tree) -> None:
    tree.write(*(f"{name}/a.py" for name in DEFAULT_EXCLUDE), "deep/er/.venv/lib/a.py", "src/a.py")
    assert tree.find() == ["src/a.py"]


def test_excludes_count_only_below_the_given_path(tree: Tree) -> None:
    tree.write("venv/lib/site-packages/vision/a.py", "venv/lib/site-packages/vision/build/b.py")
    assert tree.find("venv/lib/site-packages/vision") == ["venv/lib/site-packages/vision/a.py"]
    assert tree.find("venv/lib") == []


def test_exclude_patterns(tree: Tree) -> None:
    tree.write("gen/a.py", "gen/sub/b.py", "src/gen/c.py", "x_pb2.py", "src/y_pb2.py", "src/z.py")
    assert tree.find(exclude=("*_pb2.py",)) == [
        "gen/a.py",
        "gen/sub/b.py",
        "src/gen/c.py",
        "src/z.py",
    ]
    assert tree.find(exclude=("gen",)) == ["src/y_pb2.py", "src/z.py", "x_pb2.py"]
    assert tree.find(exclude=("/gen/", "*_pb2.py")) == ["src/gen/c.py", "src/z.py"]
    assert tree.find("gen/sub", exclude=("/gen/",)) == ["gen/sub/b.py"]
    assert tree.find("src/gen", exclude=("gen/", "c*")) == []


def test_force_exclude_reaches_named_files(tree: Tree) -> None:
    tree.write("build/x.py", "gen/a.py", "src/z.py")
    named = ("build/x.py", "gen/a.py", "src/z.py")
    assert tree.find(*named, exclude=("gen/",), force=True) == ["src/z.py"]
    assert tree.find("build", force=True) == []


# --- .gitignore ----------------------------------------------------------------------------------


def test_gitignore_files_of_all_levels(tree: Tree) -> None:
    tree.write(".git/HEAD")
    tree.write(".gitignore", text="# comment\n*_gen.py\n/top.py\nout/\n\n[z-a]\n!\n")
    tree.write("pkg/.gitignore", text="!keep_gen.py\nlocal.py\r\n")
    tree.write("a_gen.py", "top.py", "pkg/top.py", "out/a.py", "pkg/out/a.py", "pkg/keep_gen.py")
    tree.write("pkg/b_gen.py", "pkg/local.py", "local.py", "pkg/sub/local.py")
    expected = ["local.py", "pkg/keep_gen.py", "pkg/top.py"]
    assert tree.find() == expected
    assert tree.find("pkg") == expected[1:]
    assert tree.find("pkg/sub") == []


def test_what_git_ignores_we_ignore(tree: Tree) -> None:
    """Git itself is the judge."""
    tree.write(".gitignore", text="*.py\n!keep.py\n!/lib/\nlib/*\n!lib/a*.py\nx/**/y\n\\!odd.py\n")
    tree.write("lib/.gitignore", text="abc.py\n!b.py\n")
    for folder in ("", "lib/", "x/", "x/1/y/", "x/y/", "x/1/2/y/", "other/"):
        tree.write(*(f"{folder}{name}.py" for name in ("keep", "a", "abc", "b", "!odd")))
    subprocess.run(["git", "init", "-q"], cwd=tree.root, check=True)
    command = ["git", "ls-files", "--others", "--exclude-standard", "-z", "*.py"]
    listing = subprocess.run(command, cwd=tree.root, check=True, capture_output=True, text=True)
    expected = sorted(filter(None, listing.stdout.split("\0")))
    assert len(expected) > 3
    assert tree.find() == expected


def test_git_info_exclude_counts(tree: Tree) -> None:
    tree.write(".git/info/exclude", text="private.py\n")
    tree.write("private.py", "pkg/private.py", "a.py")
    assert tree.find() == ["a.py"]
    assert tree.find("pkg") == []


def test_an_ignored_directory_that_is_asked_for_is_walked(tree: Tree) -> None:
    tree.write(".git/HEAD")
    tree.write(".gitignore", text="env/\n")
    tree.write("env/.gitignore", text="*\n")
    tree.write("env/lib/a.py", "b.py")
    assert tree.find() == ["b.py"]
    assert tree.find("env/lib") == ["env/lib/a.py"]


def test_outside_of_git_only_files_below_the_path_count(tree: Tree) -> None:
    tree.write(".gitignore", text="a.py\n")
    tree.write("pkg/.gitignore", text="b.py\n")
    tree.write("pkg/a.py", "pkg/b.py")
    assert tree.find("pkg") == ["pkg/a.py"]


def test_a_repository_within_goes_by_its_own_files(tree: Tree) -> None:
    tree.write(".git/HEAD", "module/.git/HEAD")
    tree.write(".gitignore", text="a.py\n")
    tree.write("a.py", "module/a.py")
    assert tree.find() == ["module/a.py"]


# --- odd trees -----------------------------------------------------------------------------------


def test_links(tree: Tree) -> None:
    tree.write("real/a.py", "elsewhere/target.txt")
    (tree.root / "real" / "loop").symlink_to(tree.root)
    (tree.root / "real" / "again.py").symlink_to("a.py")
    (tree.root / "real" / "other.py").symlink_to("../elsewhere/target.txt")
    (tree.root / "real" / "dangling.py").symlink_to("nowhere")
    assert tree.find() == ["real/a.py", "real/other.py"]
    assert tree.warnings == []
    assert tree.find("real/again.py") == ["real/again.py"]


def test_a_link_to_itself_is_reported(tree: Tree) -> None:
    (tree.root / "self.py").symlink_to("self.py")
    assert tree.find() == []
    assert tree.warnings == [f"cannot read {tree.root / 'self.py'}: {os.strerror(40)}"]


def test_a_linked_root_is_walked(tree: Tree) -> None:
    tree.write("real/a.py")
    (tree.root / "link").symlink_to("real")
    assert tree.find("link") == ["link/a.py"]


def test_a_directory_called_like_a_file(tree: Tree) -> None:
    tree.write("x.py/y.py")
    assert tree.find() == tree.find("x.py") == ["x.py/y.py"]


def test_a_pipe_is_not_opened(tree: Tree) -> None:
    os.mkfifo(tree.root / "pipe.py")
    assert tree.find() == []


def test_a_directory_that_cannot_be_listed_is_reported(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("closed/a.py", "b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert tree.find() == ["b.py"]
    closed = tree.root / "closed"
    assert tree.warnings == [f"cannot list the directory {closed}: Permission denied"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are not bytes elsewhere")
def test_odd_names(tree: Tree) -> None:
    tree.write("a b.py", "日本.py", "new\nline.py", "[x].py", ".hidden.py")
    odd = os.fsdecode(b"\xff.py")
    tree.write(odd)
    tree.write(".gitignore", text="")
    (tree.root / ".gitignore").write_bytes(b"\xff.py\n")
    assert set(tree.find()) == {"a b.py", "日本.py", "new\nline.py", "[x].py", ".hidden.py"}
    assert tree.find(odd) == [odd]


def test_pathspec_is_imported_only_for_patterns(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    (tmp_path / "build").mkdir()
    source = """
import sys
from pathlib import Path
from qlint.config import Settings
from qlint.discovery import find_files
print(len(find_files([Path(sys.argv[1])], Settings(Path(sys.argv[1])), print)))
print("pathspec" in sys.modules)
"""
    command = [sys.executable, "-c", source, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(qlint.__file__).parents[1])}
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert result.stdout.split() == ["1", "False"]
