"""Why some findings are left to a human."""

from __future__ import annotations


class NotFixableError(Exception):
    """Why a finding cannot be fixed by a program."""


class NoFunctionalError(NotFixableError):
    """Why no FloatFunctional can do what is done."""


class InFunctionError(NotFixableError):
    """That something happens in a function, which no attribute can be given to."""
