"""Why some findings are left to a human."""

from __future__ import annotations


class NotFixableError(Exception):
    """Why a finding cannot be fixed by a program."""
