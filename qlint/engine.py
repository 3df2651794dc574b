"""From files to diagnostics: the stages in their order."""

from __future__ import annotations

import gc
import os
import stat
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from qlint import suppression
from qlint.diagnostics import Diagnostic, Position, TraceStep
from qlint.environment import installed_roots
from qlint.fixes.reasons import NotFixableError
from qlint.flow.events import (
    CoarseActivation,
    FloatInput,
    LegacyName,
    Operation,
    QuantizedOutput,
    Sighting,
    Step,
    UnsupportedModule,
    UnsupportedOperation,
)
from qlint.flow.namespaces import legacy_names, may_be_legacy
from qlint.program.project import Project
from qlint.program.relevance import relevant
from qlint.rules.base import Finding
from qlint.rules.files import FileError
from qlint.rules.registry import all_rules
from qlint.suppression import Comment
from qlint.syntax import model
from qlint.syntax.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from qlint.config import Settings
    from qlint.fixes.build import FixBuilder
    from qlint.flow.events import Event, Site
    from qlint.flow.usage import Usage
    from qlint.program.project import Module
    from qlint.repairs import Repair
    from qlint.rules.base import Rule

_T = TypeVar("_T")
_Key: TypeAlias = "tuple[str, str, Position, Position]"

# A file this long is generated data, not a model.
_LARGEST_FILE = 10_000_000
# The interpreter nests about ten Python calls for one call of the program it looks at.
_RECURSION_LIMIT = 20_000
_MOST_NAMED = 5
_STACK_BYTES = 512 * 1024 * 1024
# CPython keeps the frames of Python functions in blocks of 16 KB and hands each back to the system
# once it is empty, so that a recursion to and fro over the edge of one costs a new block each time.
# A frame that asks for so many slots gets a block of 16 MB, with room for those of all it calls.
_FRAME_SLOTS = 2**20


def lint(
    files: Sequence[Path],
    settings: Settings,
    overlay: Mapping[Path, bytes] | None = None,
    note: Callable[[str], None] | None = None,
) -> list[Diagnostic]:
    """Diagnostics of all enabled rules for ``files``, sorted by place.

    ``overlay`` holds the contents of files that are not to be read from disk. A file that cannot
    be read or parsed is reported as QL001 and never keeps another one from being linted. ``note``
    is told what could not be looked into.

    Raises:
        UserError: ``settings.python`` names no environment.
    """
    contents = {os.path.abspath(path): content for path, content in (overlay or {}).items()}
    codes = settings.enabled_codes(all_rules())
    run = _Run(files, settings, codes, contents)
    found = _with_deep_stack(run.diagnostics)
    if note is not None and run.missing:
        names = ", ".join(f"`{name}`" for name in sorted(run.missing))
        note(
            f"not installed in the environment that was searched: {names}; classes derived from "
            "theirs are only known in part (--python names another environment)"
        )
    if note is not None and run.unmatched:
        patterns = ", ".join(f"`{pattern}`" for pattern in run.unmatched)
        note(f"no module class in these files is named like this in `quantized`: {patterns}")
    if note is not None and run.cut_short:
        first = ", ".join(f"`{name}`" for name in run.cut_short[:_MOST_NAMED])
        others = len(run.cut_short) - _MOST_NAMED
        note(
            f"followed only in part, for it would take too long: code in {first}"
            + (f" and {others} other files" if others > 0 else "")
        )
    return found


class _Run:
    """One run over one set of files."""

    def __init__(
        self,
        files: Sequence[Path],
        settings: Settings,
        codes: frozenset[str],
        overlay: Mapping[str, bytes],
    ) -> None:
        self._settings = settings
        self._codes = codes
        self._overlay = overlay
        self._contents: dict[Path, bytes] = {}
        self._found: dict[_Key, Diagnostic] = {}
        self._repairs: dict[_Key, tuple[Site, Repair]] = {}
        self._events: list[Event] = []
        self._usage: Usage | None = None
        self._names = {Path(os.path.abspath(path)): str(path) for path in files}
        roots = installed_roots(settings.python, settings.root)
        self._project = Project(files, settings.root, self._read, roots)
        self.cut_short: list[str] = []
        self.unmatched: list[str] = []

    @property
    def missing(self) -> set[str]:
        """Packages that classes of the program are derived from, and that are not installed."""
        return self._project.missing

    def diagnostics(self) -> list[Diagnostic]:
        """Run all stages."""
        self._read_files()
        all_modules = self._settings.assume_quantized or bool(self._settings.quantized)
        paths = relevant(self._project, self._contents, all_modules=all_modules)
        modules = [module for path in paths if (module := self._project.load(path)) is not None]
        for path in self._contents.keys() - set(paths):
            content = self._contents[path]
            if suppression.may_suppress(content) or may_be_legacy(content):
                self._project.load(path)
            else:
                self._check_syntax(path)
        for path, error in self._project.errors.items():
            if path in self._names:
                self._file_error(path, error)
        sightings = self._analyse(modules) if modules else []
        for module in self._project.loaded():
            if module.linted and may_be_legacy(self._contents[module.path]):
                sightings += [Sighting(each, ()) for each in legacy_names(module)]
        self._apply_rules(sightings)
        comments: dict[str, list[Comment]] = {}
        classes: dict[str, frozenset[int]] = {}
        for module in self._project.loaded():
            if module.linted and module.file.comments:
                name = self._names[module.path]
                comments[name] = [
                    Comment(*_row_and_column(module, comment.start), comment.text)
                    for comment in module.file.comments
                ]
                classes[name] = _class_rows(module)
        rules = all_rules()
        kept = suppression.apply(self._found.values(), comments, self._settings, rules, classes)
        if not self._repairs:
            return kept
        from qlint.fixes.build import FixBuilder
        from qlint.flow.usage import Usage

        rows = {
            str(path): suppression.suppressing_rows(comments.get(name, ()))
            for path, name in self._names.items()
        }
        linted = [each for each in self._project.loaded() if each.linted]
        read = {each.path for each in linted}
        others = [
            content.decode(errors="replace")
            for path, content in self._contents.items()
            if path not in read
        ]
        builder = FixBuilder(self._usage or Usage(), self._events, rows, linted, others)
        return [self._with_fix(each, builder) for each in kept]

    def _with_fix(self, found: Diagnostic, builder: FixBuilder) -> Diagnostic:
        """A finding with the fix that cures it, or the reason why there is none."""
        site, repair = self._repairs.get(_key(found), (None, None))
        if site is None or repair is None:
            return found
        try:
            return replace(found, fix=builder.build(site, repair))
        except NotFixableError as error:
            return replace(found, no_fix=str(error))

    # Reading

    def _read(self, path: Path) -> bytes:
        if path in self._contents:
            return self._contents[path]
        overlaid = self._overlay.get(str(path))
        if overlaid is not None:
            return overlaid
        status = path.stat()
        if status.st_size > _LARGEST_FILE:
            raise SourceError(f"the file is larger than {_LARGEST_FILE // 1_000_000} MB")
        if not stat.S_ISREG(status.st_mode):  # the end of a pipe may never come
            raise SourceError("this is no regular file")
        return path.read_bytes()

    def _read_files(self) -> None:
        for path in self._names:
            try:
                self._contents[path] = self._read(path)
            except (OSError, SourceError) as error:
                self._file_error(path, error)

    def _check_syntax(self, path: Path) -> None:
        from qlint.syntax.parse import is_python

        # What holds nothing for the analysis need not be lowered to be parsed.
        if not is_python(self._contents[path]):
            self._project.load(path)

    # Analysing

    def _analyse(self, modules: list[Module]) -> list[Sighting]:
        from qlint.flow.roots import analyse

        analysis = analyse(
            self._project,
            modules,
            assume_quantized=self._settings.assume_quantized,
            quantized=self._settings.quantized,
        )
        self._usage = analysis.usage
        self.unmatched = analysis.unmatched
        self.cut_short = [self._display_name(module) for module in analysis.cut_short]
        for module, crash in analysis.crashes:
            message = f"qlint failed on this file ({crash!r}); please report this as a bug"
            self._file_error(module.path, SourceError(message))
        return analysis.sightings

    def _apply_rules(self, sightings: Sequence[Sighting]) -> None:
        rules = [rule() for code, rule in all_rules().items() if code in self._codes]
        self._events = [each.event for each in sightings]
        inside: dict[tuple[str, Site], list[tuple[Rule, Finding, Sighting]]] = {}
        for sighting in sightings:
            for rule in rules:
                for finding in _ask(rule, sighting.event):
                    if sighting.call is None:
                        made = _diagnostic(rule, finding, sighting, self._display_name)
                        self._add(made, finding)
                    else:
                        found = inside.setdefault((rule.code, sighting.call), [])
                        found.append((rule, finding, sighting))
        for (_, call), found in inside.items():
            rule, finding, sighting = found[0]
            finding = _at_call(call, [each for _, each, _ in found])
            self._add(_diagnostic(rule, finding, sighting, self._display_name))

    def _display_name(self, module: Module) -> str:
        return self._names.get(module.path, str(module.path))

    def _file_error(self, path: Path, error: SourceError | OSError) -> None:
        if "QL001" not in self._codes:
            return
        if isinstance(error, SourceError):
            place = Position(error.row, error.column)
            message = str(error)
        else:
            place = Position(1, 1)
            message = f"the file cannot be read: {error.strerror or error}"
        name, severity = FileError.name, FileError.severity
        filename = self._names.get(path, str(path))
        row = place.row
        self._add(Diagnostic("QL001", name, message, severity, filename, place, place, row, row))

    def _add(self, found: Diagnostic, finding: Finding | None = None) -> None:
        key = _key(found)
        known = self._found.setdefault(key, found)
        if known is found and finding is not None and finding.repair is not None:
            self._repairs[key] = (finding.site, finding.repair)
        if known is not found:  # said once, for all models that come by
            models = tuple(dict.fromkeys((*known.models, *found.models)))
            self._found[key] = replace(known, models=models)


def _key(found: Diagnostic) -> _Key:
    return (found.code, found.filename, found.location, found.end_location)


def _ask(rule: Rule, event: Event) -> Iterator[Finding]:
    if isinstance(event, Operation):
        return rule.on_operation(event)
    if isinstance(event, UnsupportedOperation):
        return rule.on_unsupported_operation(event)
    if isinstance(event, UnsupportedModule):
        return rule.on_unsupported_module(event)
    if isinstance(event, CoarseActivation):
        return rule.on_coarse_activation(event)
    if isinstance(event, FloatInput):
        return rule.on_float_input(event)
    if isinstance(event, QuantizedOutput):
        return rule.on_quantized_output(event)
    if isinstance(event, LegacyName):
        return rule.on_legacy_name(event)
    return rule.on_module_call(event)


def _at_call(call: Site, findings: Sequence[Finding]) -> Finding:
    """What a call of an installed package leads to there, as a finding about the call."""
    first = findings[0]
    module = first.site.module
    others = len({each.site for each in findings}) - 1
    place = f"{module.name}, line {module.position(first.site.start).row}"
    if others:
        place += f", and {others} other place{'s' if others > 1 else ''}"
    package = module.name.partition(".")[0]
    return Finding(
        call,
        f"what `{call.text}` calls is not quantizable: {first.message} ({place})",
        f"{package} is installed, so the cure is to use a quantizable form of the model where "
        f"there is one, or to derive from its classes and override that method; {first.help}",
    )


def _diagnostic(
    rule: Rule,
    finding: Finding,
    sighting: Sighting,
    name_of: Callable[[Module], str],
) -> Diagnostic:
    site = finding.site
    module = site.module
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        message=finding.message,
        severity=rule.severity,
        filename=name_of(module),
        location=module.position(site.start),
        end_location=module.position(site.end),
        first_row=module.position(site.statement_start).row,
        last_row=module.position(site.statement_end).row,
        help=finding.help,
        trace=_trace(sighting.event, name_of),
        models=sighting.models,
    )


def _trace(event: Event, name_of: Callable[[Module], str]) -> tuple[TraceStep, ...]:
    if isinstance(event, (LegacyName, FloatInput)):
        return ()
    steps = [*_steps(event.tensor.trace), Step(event.site, "used here")]
    return tuple(_trace_step(step, name_of) for step in steps)


def _steps(step: Step | None) -> Iterable[Step]:
    steps: list[Step] = []
    while step is not None:
        steps.append(step)
        step = step.previous
    return reversed(steps)


def _trace_step(step: Step, name_of: Callable[[Module], str]) -> TraceStep:
    site: Site = step.site
    return TraceStep(
        filename=name_of(site.module),
        location=site.module.position(site.start),
        end_location=site.module.position(site.end),
        message=step.message,
    )


def _class_rows(module: Module) -> frozenset[int]:
    """The rows of the headers of the classes at a file's top level."""
    return frozenset(
        row
        for node in module.file.body
        if isinstance(node, model.ClassDef)
        for row in module.rows(node)
    )


def _row_and_column(module: Module, offset: int) -> tuple[int, int]:
    position = module.position(offset)
    return position.row, position.column


def _with_deep_stack(function: Callable[[], _T]) -> _T:
    """Run a function in a thread whose stack bears deeply nested code."""
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            failure.append(error)

    run.__code__ = run.__code__.replace(co_stacksize=_FRAME_SLOTS)
    # An analysis makes millions of small objects and little garbage.
    thresholds = gc.get_threshold()
    gc.set_threshold(10_000_000, 20, 100)
    old_limit, old_size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(max(old_limit, _RECURSION_LIMIT))
    try:
        thread = threading.Thread(target=run, name="qlint", daemon=True)
        thread.start()
        thread.join()
    finally:
        gc.set_threshold(*thresholds)
        threading.stack_size(old_size)
        sys.setrecursionlimit(old_limit)
    if failure:
        raise failure[0]
    return outcome[0]
