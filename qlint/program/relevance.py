"""Which files can hold a finding at all: a look at their bytes, before anything is parsed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qlint.semantics.modules import EAGER_STEP_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from qlint.program.project import Project

# What makes values int8: stubs, wrappers, and the steps of the eager flow.
_STUBS = re.compile(rb"Quant(?:Stub|Wrapper)")
_TO_INT8 = re.compile(_STUBS.pattern + rb"|quantize_per")
# Whatever quantizes a model says so. That texts and comments speak of quantization, of pictures,
# say, means nothing.
_QUANTIZATION = re.compile(
    _TO_INT8.pattern + rb"|(?:torch|ao)\.quantization|torchao"
    rb"|\bimport\b[^\n]*\bquantization\b|\bquantization\.\w+[(,)]"
)
_EAGER = re.compile(
    rb"(?<![\w.])torch\.(?:ao\.)?quantization|\btorch(?:\.ao)?[ \t]+import\b.*\bquantization\b"
)
_STEPS = re.compile(rb"\b(?:" + "|".join(sorted(EAGER_STEP_NAMES)).encode() + rb")\b")
_DECLARED = re.compile(rb"#\s*qlint:\s*quantized")
_MODULES = re.compile(rb"\bnn\b|Module\b")
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import[ \t]+(\(?[^\n#]*)|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)
_CODE = re.compile(rb"^[ \t]*(?:class|def)[ \t]|\w\(", re.MULTILINE)
# What a decorator puts into a registry is found there by its name, without any import.
_REGISTERS = re.compile(
    rb"^@[\w.]*regist.*\n(?:@.*\n)*(?:class|def)\b", re.MULTILINE | re.IGNORECASE
)
# A name in code, at the end of a dotted one or alone; documentation puts names in backticks.
_USED = re.compile(rb"(?<![`\w.])(?:\w+\.)*(\w+)(?![`\w.])")
_CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)", re.MULTILINE)
_DERIVED = re.compile(rb"^[ \t]*class[ \t]+(\w+)[^\n(:]*\(([^)]*)", re.MULTILINE)
_NAME = re.compile(rb"\w+")


def relevant(project: Project, contents: Mapping[Path, bytes], *, all_modules: bool) -> list[Path]:
    """The files in which something quantized can be seen, in the order given.

    These are the files that mention quantization (any module, if ``all_modules`` may get
    quantized inputs) together with torch, and those that import one that makes values int8,
    directly or not: a model whose stubs are in its base class mentions nothing itself. Classes
    that are registered can be part of any model. Where nothing makes a value int8 there is nothing
    to be seen, though: graphs and weights alone may be quantized.
    """
    pattern = _MODULES if all_modules else _QUANTIZATION
    int8: set[Path] = set()
    found: set[Path] = set()
    importers: dict[Path, set[Path]] = {}
    known = dict(contents)
    waiting = list(contents)
    while waiting:
        path = waiting.pop()
        content = known[path]
        if b"torch" in content and pattern.search(content):
            found.add(path)
        if _makes_int8(content) or (
            path not in found and path in contents and _imports_stubs(project, content)
        ):
            int8.add(path)
        for imported in _imported(project, path, content):
            importers.setdefault(imported, set()).add(path)
            if imported not in known:  # context: what it is matters, though not what is in it
                known[imported] = project.context(imported)
                waiting.append(imported)
    if all_modules:
        _add_users_of_classes(found, importers, known)
    elif int8:
        _add_importers(int8, importers)
        found |= int8
    else:
        return []
    if found:
        found.update(
            path
            for path, content in known.items()
            if b"torch" in content and _REGISTERS.search(content)
        )
    # Who has no code and mentions no quantization can only hand on what others define.
    return [
        path
        for path, content in contents.items()
        if path in found and (pattern.search(content) or _CODE.search(content))
    ]


def _makes_int8(content: bytes) -> bool:
    """Whether a file has something that makes values int8, or is declared to get such ones."""
    if _DECLARED.search(content):
        return True
    if b"torch" not in content:
        return False
    eager = _EAGER.search(content) and _STEPS.search(content)
    return bool(eager or _TO_INT8.search(content))


def _add_importers(found: set[Path], importers: Mapping[Path, set[Path]]) -> None:
    queue = list(found)
    while queue:
        for importer in importers.get(queue.pop(), ()):
            if importer not in found:
                found.add(importer)
                queue.append(importer)


def _add_users_of_classes(
    found: set[Path], importers: Mapping[Path, set[Path]], known: Mapping[Path, bytes]
) -> None:
    """Of the files that import a found one, directly or not, those that name a class of theirs.

    What else they import is read when something asks for it.
    """
    candidates = set(found)
    _add_importers(candidates, importers)
    candidates -= found
    # What was imported from torch can be imported from them.
    classes = {b"Module", *(name for path in found for name in _CLASS.findall(known[path]))}
    words = {path: set(_USED.findall(known[path])) for path in candidates}
    added = True
    while added:
        users = [path for path in candidates if not classes.isdisjoint(words[path])]
        added = bool(users)
        candidates.difference_update(users)
        found.update(users)
        classes.update(
            name
            for path in users
            for name, bases in _DERIVED.findall(known[path])
            if not classes.isdisjoint(_NAME.findall(bases))
        )


def _imports_stubs(project: Project, content: bytes) -> bool:
    """Whether a name comes from a file of an installed package that makes values int8."""
    if b"torch" not in content:
        return False
    for dots, module, names, plain in _IMPORT.findall(content):
        if dots:
            continue
        dotted = module.decode() if module else plain.decode("ascii", "replace").split(",")[0]
        words = dotted.split()
        name = _NAME.search(names) if module else None
        found = project.find_installed(
            f"{words[0] if words else ''}.{name[0].decode() if name else '*'}"
        )
        if found is not None and _STUBS.search(project.context(found[0])):
            return True
    return False


def _imported(project: Project, importer: Path, content: bytes) -> Iterable[Path]:
    for dots, module, names, plain in _IMPORT.findall(content):
        targets: list[Path | None] = []
        if plain:
            for dotted in plain.decode("ascii", "replace").split(","):
                words = dotted.split()
                if words:
                    targets.append(project.find(importer, words[0]))
        else:
            targets += _imported_from(project, importer, len(dots), module.decode(), names)
        yield from (target for target in targets if target is not None)


def _imported_from(
    project: Project, importer: Path, level: int, module: str, names: bytes
) -> list[Path | None]:
    def find(dotted: str) -> Path | None:
        return project.find_imported(importer, level, dotted)

    # A name is a submodule, or something that the module itself has.
    targets: list[Path | None] = []
    for name in _NAME.findall(names):
        dotted = f"{module}.{name.decode()}" if module else name.decode()
        targets.append(find(dotted) or find(module))
    return targets or [find(module)]
