"""What the fault bench counts: each test tells its figures once, every process of the run writes lines of JSON, the end makes one table of them."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.ids import FAULTS

RELIABILITY = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- figures of make faults: begin -->", "<!-- figures of make faults: end -->"
HEADER = "| id | fault | acts | kills | lost | doubled | seen | on |\n|-|-|-:|-:|-:|-:|-|-|"
_FOLDER = "SENDFLOW_TALLY"


def is_full() -> bool:
    """Whether this is the long run, `make faults`."""
    return os.environ.get("SENDFLOW_FAULTS") == "full"


def rounds(few: int, many: int) -> int:
    """How often a test does what it does: `few` in the ordinary run, `many` under `make faults`."""
    return many if is_full() else few


@dataclass(frozen=True)
class Figures:
    """What one test counted. `acts`: acts or rounds tried; `kills`: kills, cuts or other harm done; `doubled`: beyond those marked."""

    id: str
    acts: int = 0
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    note: str = ""

    def with_(self, other: Figures) -> Figures:
        """Both tests of one id in one row."""
        notes = dict.fromkeys(note for note in (self.note, other.note) if note)
        return Figures(
            self.id, self.acts + other.acts, self.kills + other.kills, self.lost + other.lost, self.doubled + other.doubled, "; ".join(notes)
        )

    def row(self, on: str) -> str:
        """The row of the table. `on`: the day of the run, ISO."""
        note = self.note.replace("|", "/").replace("\n", " ")
        return f"| {self.id} | {FAULTS[self.id]} | {self.acts:,} | {self.kills:,} | {self.lost} | {self.doubled} | {note} | {on} |"


def folder() -> Path:
    """Where the processes of this run write their lines; made by the first that asks, known to its children by the environment."""
    if _FOLDER not in os.environ:
        os.environ[_FOLDER] = tempfile.mkdtemp(prefix="sendflow-tally-")
    return Path(os.environ[_FOLDER])


def tell(figures: Figures) -> None:
    """Keep one test's figures. KeyError: no such fault."""
    assert FAULTS[figures.id]
    with (folder() / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(figures)) + "\n")


def told() -> dict[str, Figures]:
    """All figures of this run, one entry an id, in the order of the table."""
    found: dict[str, Figures] = {}
    for file in sorted(folder().glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            one = Figures(**json.loads(line))
            found[one.id] = found[one.id].with_(one) if one.id in found else one
    return {fault: found[fault] for fault in FAULTS if fault in found}


def table(rows: Iterable[str]) -> str:
    """The table in Markdown."""
    return "\n".join([HEADER, *rows])


def today_rows() -> dict[str, str]:
    """The rows of this run by their id."""
    today = datetime.now(UTC).date().isoformat()
    return {fault: figures.row(today) for fault, figures in told().items()}


def write_down(rows: dict[str, str], page: Path = RELIABILITY) -> None:
    """Put these rows into the page between its markers; rows of ids that did not run this time stay, with their day."""
    words = page.read_text(encoding="utf-8")
    before, rest = words.split(BEGIN)
    old, after = rest.split(END)
    kept = {match[1]: match[0] for match in re.finditer(r"^\| ([A-Z]\d+) \|.*$", old, re.MULTILINE)}
    all_rows = kept | rows
    listed = table(all_rows[fault] for fault in FAULTS if fault in all_rows)
    page.write_text(f"{before}{BEGIN}\n{listed}\n{END}{after}", encoding="utf-8")
