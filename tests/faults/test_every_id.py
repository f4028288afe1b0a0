"""Every fault of the issues has a test of its id here, or stands in docs/reliability.md as not yet on the bench; no test of an id is skipped."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
OF_THE_ISSUES = (
    *(f"C{n}" for n in range(1, 13)),
    *(f"P{n}" for n in (*range(1, 14), 15, 16)),
    *(f"D{n}" for n in range(1, 10)),
    *(f"T{n}" for n in range(1, 7)),
    *(f"N{n}" for n in range(1, 10)),
    *(f"K{n}" for n in range(1, 8)),
    *(f"L{n}" for n in range(1, 6)),
    *("O1", "O2", "O3", "O5", "O6", "O7"),
)


def test_every_id_has_a_test_or_is_named_as_missing() -> None:
    tests = "\n".join(file.read_text(encoding="utf-8") for file in HERE.glob("test_*.py"))
    named = re.findall(r"^def test_((?:[a-z]\d+_)+)", tests, re.MULTILINE)
    tested = {one.upper() for name in named for one in name.split("_") if one}
    told = (HERE.parents[1] / "docs" / "reliability.md").read_text(encoding="utf-8")
    missing = re.search(r"had no test of their name in `tests/faults/` on [^:]*: ([^.]*)\.", told)
    listed = set(missing[1].split(", ")) if missing else set()
    assert set(OF_THE_ISSUES) - tested == listed, "mend the list in docs/reliability.md"


def test_no_test_of_an_id_is_skipped() -> None:
    marks = re.compile(r"mark\.(skip|xfail)|pytest\.(skip|xfail)\(|importorskip")
    assert not [file.name for file in HERE.glob("test_*.py") if file != Path(__file__) and marks.search(file.read_text(encoding="utf-8"))]
