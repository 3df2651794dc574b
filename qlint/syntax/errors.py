"""What can be wrong with a file as such."""

from __future__ import annotations


class SourceError(Exception):
    """A file that is not Python text; ``row`` and ``column`` count from 1."""

    def __init__(self, message: str, row: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
