"""What is wrong in a definition file, where, and what to write instead; collected, so that one reading shows all of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

MOST = 200
LONGEST_MESSAGE = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a file of `process_definitions/`. `step` is empty outside steps; `cure` says what to write instead."""

    file: str
    line: int
    step: str
    message: str
    cure: str

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}" + (f" step {self.step}" if self.step else "")
        return f"{at}: {self.message}. {self.cure}"


class DefinitionErrors(Exception):
    """The definition files cannot be used. `problems` lists every fault found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=lambda p: (p.file, p.line, p.step, p.message))
        super().__init__("\n".join(str(p) for p in self.problems))


class Problems:
    """Collects the faults of one file while it is read. `step` is the step being read, for the messages."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.step = ""
        self.found: list[Problem] = []

    def add(self, line: int, message: str, cure: str) -> None:
        """Note a fault at `line`. The message has no full stop at its end, the cure has. Raises DefinitionErrors once there are MOST of them."""
        self.found.append(Problem(self.file, line, self.step, shortened(message), shortened(cure)))
        if len(self.found) >= MOST:
            more = Problem(self.file, line, self.step, f"{MOST} faults are found and reading stops here", "Mend those above first.")
            raise DefinitionErrors([*self.found, more])

    def stop_if_any(self) -> None:
        """Raise DefinitionErrors if anything was found so far."""
        if self.found:
            raise DefinitionErrors(self.found)


def shortened(text: str) -> str:
    """A message short enough to read, on one line, without characters that cannot be shown."""
    flat = "".join(c if c.isprintable() else "?" for c in text)
    return flat if len(flat) <= LONGEST_MESSAGE else flat[: LONGEST_MESSAGE - 2] + " …"


def nearest(word: str, known: Iterable[str], what: str = "one of") -> str:
    """A cure for a word that is not known: the near miss if there is one, else the list to choose from."""
    names = sorted(set(known))
    near = get_close_matches(word[:80], names, n=1, cutoff=0.7)
    if near:
        return f"Write {near[0]!r}."
    if not names:
        return "None is defined here; define it first, or leave this out."
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"Write {what}: {shown}."
