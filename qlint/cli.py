"""The command ``qlint``.

Nothing but click is imported before it is needed: ``--help``, or a hook that is handed no file
of interest, should cost nothing.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
import traceback
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qlint import __version__
from qlint.errors import UserError
from qlint.formats import available

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from qlint.config import CommandLine, Settings
    from qlint.diagnostics import Diagnostic
    from qlint.formats._report import Report

CLEAN, FINDINGS, FAILURE, INTERRUPTED = 0, 1, 2, 130
_WIDTH_OF_FILES = 140


def _words(
    _ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Split ``--select QL1,QL2 --select QL3``; None without the option."""
    if not values:
        return None
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _list_option(name: str, text: str) -> Callable[[Any], Any]:
    return click.option(name, multiple=True, metavar="LIST", callback=_words, help=text)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--assume-quantized/--no-assume-quantized",
    default=None,
    help="Treat the input of every model as quantized: what must change first?",
)
@_list_option("--select", "Rules to use, instead of the configured: codes, QL1, names, or ALL.")
@_list_option("--extend-select", "Rules to use in addition.")
@_list_option("--ignore", "Rules to leave out.")
@_list_option("--exclude", "Paths to skip, instead of the configured and the usual ones.")
@_list_option("--extend-exclude", "Paths to skip in addition.")
@click.option(
    "--force-exclude/--no-force-exclude",
    default=None,
    help="Skip excluded files even if they are named as PATHS (for pre-commit).",
)
@click.option(
    "--python",
    metavar="PATH",
    help="Interpreter or environment whose installed packages the program uses.",
)
@click.option(
    "--output-format", type=click.Choice(available()), help="How to show findings [default: full]."
)
@click.option("--fix", is_flag=True, help="Repair what can be repaired safely, in the files.")
@click.option("--unsafe-fixes", is_flag=True, help="Also repair where it takes more quantizers.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--statistics", is_flag=True, help="Show counts of findings, not the findings.")
@click.option("--config", metavar="FILE", help="Use this pyproject.toml or qlint.toml.")
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@click.option("--stdin-filename", metavar="FILE", help="What to call standard input (PATHS is -).")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option("--explain", metavar="RULE", help="Show the documentation of a rule.")
@click.option("--list-rules", is_flag=True, help="Show all rules.")
@click.option(
    "-v",
    "--verbose",
    is_flag=True,
    help="Say on stderr what is done, with the traceback if qlint fails.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def command(paths: tuple[str, ...], **options: Any) -> int:
    """Find quantization bugs in PyTorch code.

    PATHS are files and directories, by default the current one; - reads standard input. Exits
    with 0 if nothing is found, 1 if something is, and 2 if it cannot work.
    """
    if options["explain"] is not None:
        _explain(options["explain"])
    elif options["list_rules"]:
        _list_rules()
    else:
        return _lint(paths, options)
    return CLEAN


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    if sys.stdout is None:  # closed by the caller (`qlint >&-`): only the exit code is wanted
        sys.stdout = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # a stream that somebody put there
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        return int(command.main(arguments, prog_name="qlint", standalone_mode=False))
    except UserError as error:
        return _fail(str(error))
    except click.ClickException as error:
        return _fail(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except OSError as error:
        _trace(arguments)
        return _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except Exception as error:
        _trace(arguments)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        return _fail(
            f"internal error ({what}); this is a bug in qlint, please report it "
            "(--verbose shows the traceback)"
        )


def _trace(arguments: Sequence[str]) -> None:
    if "--verbose" in arguments or "-v" in arguments:
        traceback.print_exc()


@contextmanager
def _output() -> Iterator[TextIO]:
    """Standard output, of which the reader may close the other end when it has seen enough."""
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it exits; let that succeed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> int:
    _say("error", message)
    return FAILURE


def _say(kind: str, message: str) -> None:
    line = message.replace("\n", " ")
    with suppress(OSError):
        click.echo(f"qlint: {kind}: {line}", file=sys.stderr)


def _warn(message: str) -> None:
    _say("warning", message)


# --- the three things to do ---------------------------------------------------------------------


def _explain(name: str) -> None:
    from qlint.explain import markdown
    from qlint.rules.registry import all_rules, find

    text = markdown(find(name, all_rules()))
    with _output() as stream:
        if _wants_color(stream):
            from rich.console import Console
            from rich.markdown import Markdown

            width = min(_terminal_width(), 100)
            Console(file=stream, force_terminal=True, width=width).print(Markdown(text))
        else:
            stream.write(text)


def _list_rules() -> None:
    from qlint.explain import table
    from qlint.rules.registry import all_rules

    with _output() as stream:
        stream.writelines(line + "\n" for line in table(all_rules()))


def _lint(paths: Sequence[str], options: dict[str, Any]) -> int:
    started = time.perf_counter()
    try:
        Path.cwd()
    except FileNotFoundError:
        raise UserError("the current directory does not exist any more") from None
    settings = _settings(paths, options)
    if settings.verbose:
        _say("info", f"configuration: {settings.config_file or 'none'}")
    files, overlay = _input(paths, options["stdin_filename"], settings)
    note = partial(_say, "info") if settings.verbose else None
    diagnostics: list[Diagnostic] = []
    if not files:
        _warn("no Python files found under the given paths")
    elif options["fix"] or options["diff"]:
        return _fix(files, overlay, settings, note, options)
    else:
        from qlint.engine import lint

        diagnostics = lint(files, settings, overlay, note)
    if settings.verbose:
        _say("info", f"{len(files)} files in {time.perf_counter() - started:.2f} s")
    _show(diagnostics, overlay, settings, options)
    return FINDINGS if diagnostics and not options["exit_zero"] else CLEAN


def _fix(
    files: Sequence[Path],
    overlay: dict[Path, bytes],
    settings: Settings,
    note: Callable[[str], None] | None,
    options: dict[str, Any],
) -> int:
    """Repair files, or show how that would be done."""
    from qlint.fixing import fix
    from qlint.formats._report import errors

    fixed = fix(files, settings, overlay, note, unsafe=options["unsafe_fixes"])
    changed = any(True for _ in fixed.changed())
    if options["diff"]:
        prefix = str(Path.cwd() / "")
        with _output() as stream:
            stream.writelines(fixed.diff(lambda path: os.path.relpath(path, prefix)))
        would = f"Would fix {errors(fixed.count)}."
        click.echo(would if changed else "No errors would be fixed.", file=sys.stderr)
        return FINDINGS if changed and not options["exit_zero"] else CLEAN
    if overlay:  # standard input: what came of it goes to standard output
        from qlint.syntax.parse import decode

        (path,) = overlay
        with _output() as stream:
            stream.write(decode(fixed.after.get(path, overlay[path])))
        with suppress(OSError):
            click.echo(f"Fixed {errors(fixed.count)}.", file=sys.stderr)
    else:
        fixed.write()
        _show(fixed.diagnostics, overlay, settings, options, fixed=fixed.count)
    return FINDINGS if fixed.diagnostics and not options["exit_zero"] else CLEAN


def _settings(paths: Sequence[str], options: dict[str, Any]) -> Settings:
    from qlint import config
    from qlint.rules.registry import all_rules

    if options["select"] == ():
        raise UserError("--select names no rule")
    if options["isolated"] and options["config"] is not None:
        raise UserError("--isolated and --config exclude each other")
    if options["diff"] and options["statistics"]:
        raise UserError("--diff and --statistics exclude each other")
    if options["stdin_filename"] is not None and "-" not in paths:
        raise UserError("--stdin-filename needs `-` as path")
    if "-" in paths and len(paths) > 1:
        raise UserError("`-` cannot be combined with other paths")
    where = [options["stdin_filename"] or "."] if "-" in paths else paths
    return config.load(
        where or ["."],
        all_rules(),
        available(),
        options=_command_line(options),
        config_file=None if options["config"] is None else Path(options["config"]),
        isolated=options["isolated"],
    )


def _command_line(options: dict[str, Any]) -> CommandLine:
    from qlint.config import CommandLine

    return CommandLine(
        select=options["select"],
        extend_select=options["extend_select"] or (),
        ignore=options["ignore"] or (),
        exclude=options["exclude"],
        extend_exclude=options["extend_exclude"] or (),
        assume_quantized=options["assume_quantized"],
        force_exclude=options["force_exclude"],
        output_format=options["output_format"],
        verbose=options["verbose"],
        python=options["python"],
    )


def _input(
    paths: Sequence[str], stdin_filename: str | None, settings: Settings
) -> tuple[list[Path], dict[Path, bytes]]:
    """The files to lint, and the contents of those that are not on disk."""
    from qlint.discovery import find_files, is_force_excluded

    if "-" not in paths:
        return find_files(paths or ["."], settings, _warn), {}
    if sys.stdin is None:
        raise UserError("`-` reads standard input, which is closed")
    content = sys.stdin.buffer.read()
    name = Path.cwd() / (stdin_filename or "<stdin>")
    if is_force_excluded(str(name), settings):
        return [], {}
    return [name], {name: content}


def _show(
    diagnostics: Sequence[Diagnostic],
    overlay: dict[Path, bytes],
    settings: Settings,
    options: dict[str, Any],
    fixed: int = 0,
) -> None:
    from qlint import formats

    statistics = options["statistics"]
    output = formats.load(settings.output_format)
    if statistics and not hasattr(output, "write_statistics"):
        raise UserError(f"the format `{settings.output_format}` has no --statistics")
    write = output.write_statistics if statistics else output.write
    with _output() as stream:
        write(_report(diagnostics, overlay, options, fixed), stream)


def _report(
    diagnostics: Sequence[Diagnostic],
    overlay: dict[Path, bytes],
    options: dict[str, Any],
    fixed: int,
) -> Report:
    from qlint.formats._report import Report, SourceReader

    return Report(
        diagnostics=diagnostics,
        source=SourceReader(overlay),
        cwd=Path.cwd(),
        fixed=fixed,
        unsafe_fixes=options["unsafe_fixes"],
        color=_wants_color(sys.stdout),
        # A file is wider than a terminal, and does not depend on whose terminal that is.
        width=_terminal_width() if sys.stdout.isatty() else _WIDTH_OF_FILES,
    )


def _wants_color(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns
