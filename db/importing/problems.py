"""What is wrong with a file, said so that the person who made it can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `line` counts as a text editor does (the header is line 1); 0 means the file as a whole. `column` is the heading as it stands."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = self.file + (f", line {self.line}" if self.line else "") + (f", column {self.column!r}" if self.column else "")
        return f"{where}: {self.reason}"


class ImportRefused(Exception):
    """Nothing was imported. `problems` are all that were found, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"nothing was imported: {len(problems)} problem{'s' if len(problems) != 1 else ''}")
        self.problems = problems


class BadCell(ValueError):
    """A cell that cannot be read; the message says what was seen and what to write instead."""
