"""``python -m qlint``, and the console script."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from qlint.cli import main


def run() -> NoReturn:
    """Run the command and end the process."""
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    # Taking down millions of objects one by one would take half a second, for nothing.
    os._exit(code)


if __name__ == "__main__":
    run()
