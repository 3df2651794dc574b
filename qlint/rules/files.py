"""Rules about whole files and about suppressions; the engine itself reports them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qlint.rules.base import Rule

if TYPE_CHECKING:
    from qlint.diagnostics import Severity


class FileError(Rule):
    """A file cannot be read or is not Python.

    What it does
    ------------
    Reports files that cannot be opened, cannot be decoded, or do not parse.

    Why is this bad
    ---------------
    Nothing in such a file is checked, nor is what other files take from it. A silent skip
    would look like a clean result.

    Example
    -------
    ::

        class Net(nn.Module:
            pass

    Use instead
    -----------
    ::

        class Net(nn.Module):
            pass

    Fix safety
    ----------
    There is no fix.

    Limits
    ------
    Code that needs another Python version than the parser knows is reported too. Leave such a
    file out with `exclude`.
    """

    code = "QL001"
    name = "file-error"
    summary = "the file cannot be read or parsed"


class UnusedSuppression(Rule):
    """A suppression comment suppresses nothing.

    What it does
    ------------
    Reports codes in `# noqa: ...` and `# qlint: ignore[...]` that stand on a statement without
    such a finding, codes that no rule has, misspelled `# qlint:` comments, and
    `# qlint: quantized` that stands on no class.

    Why is this bad
    ---------------
    A suppression that outlives its cause hides the next bug on the same line. One with a wrong
    code never worked.

    Example
    -------
    ::

        y = self.functional.add(x, y)  # noqa: QL101

    Use instead
    -----------
    ::

        y = self.functional.add(x, y)

    Fix safety
    ----------
    There is no fix yet.

    Limits
    ------
    A bare `# noqa` is never reported, nor are the codes of other linters, nor those of rules
    that are switched off in this run. A suppression that is only needed with
    `--assume-quantized` is unused without it.
    """

    code = "QL002"
    name = "unused-suppression"
    summary = "a suppression comment suppresses nothing"
    severity: ClassVar[Severity] = "warning"
