"""Where the packages that a program imports are installed: found on disk, nothing is run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from qlint.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NAME_ONE = "name an interpreter or the folder of an environment"
_SITE_PACKAGES = ("lib/python*/site-packages", "lib/python*/dist-packages", "Lib/site-packages")


def installed_roots(
    python: Path | None, root: Path, environ: Mapping[str, str] = os.environ
) -> tuple[Path, ...]:
    """The folders of installed packages, in the order in which they are searched.

    ``python`` names an interpreter or the folder of an environment. Without it, the first of these
    that exists: the active environment (``VIRTUAL_ENV``, ``CONDA_PREFIX``), ``.venv`` in the
    project's ``root``, and the environment that qlint itself runs in. An active environment that is
    qlint's own, as pre-commit has it, says nothing about the project.

    Raises:
        UserError: ``python`` is no interpreter and no environment.
    """
    if python is not None:
        return _roots_of_interpreter(python)
    own = Path(sys.prefix)
    named = [environ[key] for key in ("VIRTUAL_ENV", "CONDA_PREFIX") if environ.get(key)]
    candidates = [Path(each) for each in named if not _is_same(Path(each), own)]
    for prefix in (*candidates, root / ".venv"):
        found = tuple(_roots_of_prefix(prefix))
        if found:
            return found
    search_path = (
        Path(each) for each in sys.path if each.endswith(("site-packages", "dist-packages"))
    )
    return tuple(_with_path_files(search_path))


def _roots_of_interpreter(python: Path) -> tuple[Path, ...]:
    if not python.exists():
        raise UserError(f"--python: {python} does not exist; {_NAME_ONE}")
    # A virtual environment's interpreter is a link, and where it points to is another environment.
    prefixes = (
        [python] if python.is_dir() else [python.parent.parent, python.resolve().parent.parent]
    )
    for prefix in prefixes:
        found = tuple(_roots_of_prefix(prefix))
        if found:
            return found
    raise UserError(f"--python: {python} has no site-packages; {_NAME_ONE}")


def _roots_of_prefix(prefix: Path) -> Iterator[Path]:
    folders = [
        folder
        for pattern in _SITE_PACKAGES
        for folder in sorted(prefix.glob(pattern), reverse=True)
    ]
    yield from _with_path_files(folders)
    base = _base_environment(prefix)
    if base is not None and folders:
        yield from _roots_of_prefix(base)


def _base_environment(prefix: Path) -> Path | None:
    """The environment whose packages a virtual one shows too."""
    try:
        text = (prefix / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    keys = dict(_key(line) for line in text.splitlines())
    if keys.get("include-system-site-packages", "").lower() != "true" or "home" not in keys:
        return None
    return Path(keys["home"]).parent


def _key(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key.strip().lower(), value.strip()


def _with_path_files(folders: Iterable[Path]) -> Iterator[Path]:
    """Folders of packages, each followed by those that its ``.pth`` files name."""
    for folder in folders:
        yield folder
        for file in sorted(folder.glob("*.pth")):
            try:
                lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            for line in lines:
                if line.strip() and not line.startswith(("#", "import ", "import\t")):
                    named = folder / line.strip()
                    if named.is_dir():
                        yield named


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
