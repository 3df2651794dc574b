"""Modules of the program under analysis, loaded when something asks for them."""

from __future__ import annotations

import gc
import os
import re
import sys
from bisect import bisect_right
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qlint.diagnostics import Position
from qlint.syntax.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from qlint.syntax.model import File, Node

# Torch and einops are described, never read: what they compute depends on kernels and patterns.
_NEVER_READ = frozenset({"torch", "torchao", "numpy", "functorch", "triton", "einops"})
_KNOWS_TORCH = re.compile(rb"torch|\bnn\b|Module\b")
# So many files of an installed package are read; one that asks for more is a world of its own.
_MOST_INSTALLED = 100
_INSTALLED = frozenset({"site-packages", "dist-packages"})


@dataclass(slots=True, eq=False)
class Module:
    """One parsed file. Findings are reported only in ``linted`` ones; the rest is context, some of
    it of ``installed`` packages.
    """  # noqa: D205

    path: Path
    name: str
    text: str
    file: File
    linted: bool
    installed: bool = False

    def position(self, offset: int) -> Position:
        """Row and column of an offset into the text."""
        row = bisect_right(self.file.line_starts, offset)
        return Position(row, offset - self.file.line_starts[row - 1] + 1)

    def rows(self, node: Node) -> range:
        """The rows on which a node stands; of a class or function that is its header."""
        return range(self.position(node.start).row, self.position(node.end).row + 1)


class Project:
    """The linted files and, through their imports, the files beside them.

    An import is looked up as Python would: relative ones from the importing file, absolute ones
    from the folders that hold the linted files' top packages (and the folders around loose
    files, since scripts are run from there). Nothing is ever imported or run.
    """

    def __init__(
        self,
        files: Iterable[Path],
        root: Path,
        read: Callable[[Path], bytes],
        installed: Sequence[Path] = (),
    ) -> None:
        self._read = read
        self._installed = tuple(installed)
        self._linted = {Path(os.path.abspath(path)): path for path in files}
        self._roots = tuple(dict.fromkeys(self._import_roots(Path(os.path.abspath(root)))))
        self._linted_packages = {
            path.relative_to(root).parts[0].removesuffix(".py")
            for path in self._linted
            for root in self._roots
            if root in path.parents
        }
        self._modules: dict[Path, Module | None] = {}
        self._resolved: dict[tuple[Path, str], Path | None] = {}
        self._read_of: Counter[Path] = Counter()
        self._nearest: dict[Path, list[Path]] = {}
        self._listed: dict[str, frozenset[str]] = {}
        self.errors: dict[Path, SourceError | OSError] = {}
        self._found_installed: dict[str, tuple[Path, list[str]] | None] = {}
        # Packages that classes are derived from, and that are not among the installed ones.
        self.missing: set[str] = set()

    @property
    def linted_paths(self) -> tuple[Path, ...]:
        """Absolute paths of the files to report on, in the order given."""
        return tuple(self._linted)

    def is_linted(self, path: Path) -> bool:
        """Whether findings in this file are reported."""
        return path in self._linted

    def load(self, path: Path) -> Module | None:
        """Parse a file once; None when it cannot be, with the reason kept in ``errors``."""
        if path not in self._modules:
            self._modules[path] = self._parse(path)
        return self._modules[path]

    def context(self, path: Path) -> bytes:
        """The bytes of a file beside the linted ones, none if it cannot be read or matter."""
        try:
            content = self._read(path)
        except (SourceError, OSError):
            return b""
        return content if _may_matter(path, content) else b""

    def loaded(self) -> Iterator[Module]:
        """The files that have been parsed."""
        return (module for module in self._modules.values() if module is not None)

    def find(self, importer: Path, dotted: str) -> Path | None:
        """The file of an absolutely imported module, None if it is not ours to read.

        The folders around the importing file come first: two scripts that both say ``import
        blocks`` mean the file beside each.
        """
        parts = dotted.split(".")
        if parts[0] in _NEVER_READ:
            return None
        key = (importer.parent, "." + dotted)
        if key not in self._resolved:
            roots = self._nearest_first(importer.parent)
            candidates = (
                self._file_of(root, parts) for root in roots if self._serves(root, parts[0])
            )
            found = next((path for path in candidates if path is not None), None)
            self._resolved[key] = found or self._in_own_package(importer, parts)
        return self._resolved[key]

    def _nearest_first(self, folder: Path) -> list[Path]:
        """The folders that absolute imports are looked up in, those around a folder in front."""
        if folder not in self._nearest:
            around = {folder, *folder.parents}
            near = [root for root in self._roots if root in around]
            near.sort(key=lambda root: -len(root.parts))
            others = [root for root in self._roots if root not in around]
            self._nearest[folder] = near + others
        return self._nearest[folder]

    def may_be_installed(self, dotted: str) -> bool:
        """Whether a dotted name may be that of something in an installed package."""
        package, _, name = dotted.partition(".")
        return bool(name) and package not in _NEVER_READ and package not in sys.stdlib_module_names

    def find_installed(self, dotted: str) -> tuple[Path, list[str]] | None:
        """The file of the module that a dotted name of an installed package begins with, and the
        names behind it; None if there is none, or it is not ours to read.
        """  # noqa: D205
        if dotted not in self._found_installed:
            may_be = self.may_be_installed(dotted)
            found = self._search_installed(dotted.split(".")) if may_be else None
            self._found_installed[dotted] = found
        return self._found_installed[dotted]

    def _search_installed(self, parts: list[str]) -> tuple[Path, list[str]] | None:
        for end in range(len(parts) - 1, 0, -1):
            for root in self._installed:
                path = self._file_of(root, parts[:end])
                if path is not None:
                    return path, parts[end:]
        return None

    def note_missing(self, base: str) -> None:
        """Note the package of a base class if it should be installed, and is not."""
        package = base.partition(".")[0]
        found = any(package in self._names_in(str(root)) for root in self._installed)
        if self.may_be_installed(base) and not found:
            self.missing.add(package)

    def mentions(self, path: Path, name: str) -> bool:
        """Whether a file that need not be parsed for it has a word, or imports all of another."""
        if path in self._modules or path in self._linted:
            return True
        content = self.context(path)
        return name.encode() in content or b"import *" in content

    def _in_own_package(self, importer: Path, parts: list[str]) -> Path | None:
        """What a module of an installed package imports by the full name of that package."""
        for root in self._installed:
            if root in importer.parents and importer.relative_to(root).parts[0] == parts[0]:
                return self._file_of(root, parts)
        return None

    def _serves(self, root: Path, package: str) -> bool:
        # Of the installed packages only those that are linted themselves belong to the program.
        if root.name not in _INSTALLED:
            return True
        return package in self._linted_packages

    def find_imported(self, importer: Path, level: int, dotted: str) -> Path | None:
        """The file meant by an import with ``level`` dots, which may be none, in front."""
        if level:
            return self.find_relative(importer, level, dotted)
        return self.find(importer, dotted)

    def find_relative(self, importer: Path, level: int, dotted: str) -> Path | None:
        """The file meant by ``from <level dots><dotted> import …`` in ``importer``."""
        folder = importer.parent
        for _ in range(level - 1):
            folder = folder.parent
        key = (folder, dotted)
        if key not in self._resolved:
            parts = dotted.split(".") if dotted else []
            self._resolved[key] = self._file_of(folder, parts)
        return self._resolved[key]

    def _file_of(self, folder: Path, parts: list[str]) -> Path | None:
        base = str(folder)
        for part in parts[:-1]:
            if part not in self._names_in(base):
                return None
            base = f"{base}/{part}"
        if parts:
            names = self._names_in(base)
            if parts[-1] in names:
                package = f"{base}/{parts[-1]}"
                if "__init__.py" in self._names_in(package):
                    return Path(package, "__init__.py")
            module = parts[-1] + ".py"
            return Path(base, module) if module in names else None
        return Path(base, "__init__.py") if "__init__.py" in self._names_in(base) else None

    def _names_in(self, folder: str) -> frozenset[str]:
        if folder not in self._listed:
            try:
                self._listed[folder] = frozenset(each.name for each in os.scandir(folder))
            except OSError:
                self._listed[folder] = frozenset()
        return self._listed[folder]

    def _import_roots(self, root: Path) -> Iterator[Path]:
        folders = dict.fromkeys(path.parent for path in self._linted)
        for folder in folders:
            top = folder
            while (top / "__init__.py").exists() and top != top.parent:
                top = top.parent
            yield top
        # A loose script may be run from any folder around it.
        for folder in folders:
            if root in folder.parents:
                yield from (root, *(each for each in folder.parents if root in each.parents))

    def _parse(self, path: Path) -> Module | None:
        from qlint.syntax.parse import decode, parse

        linted = path in self._linted
        package = None if linted else self._installed_package(path)
        try:
            content = self._read(path)
            if not linted and not _may_matter(path, content):
                return None
            if package is not None:
                self._read_of[package] += 1
                if self._read_of[package] > _MOST_INSTALLED:
                    return None
            text = decode(content)
            with _paused_collector():
                file = parse(text)
        except (SourceError, OSError) as error:
            self.errors[path] = error
            return None
        return Module(path, self._module_name(path), text, file, linted, package is not None)

    def _installed_package(self, path: Path) -> Path | None:
        """The folder of the installed package that a file belongs to."""
        for root in self._installed:
            if root in path.parents:
                return root / path.relative_to(root).parts[0]
        return None

    def _module_name(self, path: Path) -> str:
        parts = [] if path.stem == "__init__" else [path.stem]
        folder = path.parent
        while (folder / "__init__.py").exists() and folder != folder.parent:
            parts.append(folder.name)
            folder = folder.parent
        return ".".join(reversed(parts)) or path.stem


def _may_matter(path: Path, content: bytes) -> bool:
    # Beside the linted files only code that knows torch can do something to a tensor; packages,
    # and files that import all of others, hand such code on.
    hands_on = path.name == "__init__.py" or b"import *" in content
    return hands_on or _KNOWS_TORCH.search(content) is not None


@contextmanager
def _paused_collector() -> Iterator[None]:
    # A parse makes millions of objects and no garbage cycles; collecting doubles its time.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
