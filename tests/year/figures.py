"""The figures of both years as tables, and into docs/year.md between its marks."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.year.lived import Lived

PAGE = Path(__file__).parents[2] / "docs" / "year.md"
FAULTS = (
    "missed", "doubled", "came twice", "lost", "not due", "early", "of a decided step", "laid aside", "wrong day", "forgotten", "failed",
    "staff outside hours", "officer outside hours", "family outside hours",
    "mailbox outside hours", "adviser outside hours", "officer twice", "morning's numbers", "morning's subject",
    "date counted otherwise", "other readers", "came unsent", "no alarm", "late alarm", "false alarm", "long unwell",
    "never well again", "never told over", "chain",
)  # fmt: skip


def table(lived: Lived, name: str) -> str:
    """The figures of one year, in Markdown: what was asked, what was counted, what was wrong, the alarms, the time that it took."""
    asked, figures = lived.asked, lived.findings.figures
    done, happened = lived.year.people.done, lived.year.happenings.counted
    rows: list[tuple[str, str]] = [
        ("days, pupils, seed", f"{asked.first} to {asked.last}, {asked.pupils:,} pupils, seed {asked.seed}"),
        ("acts of people", f"{sum(done.values()):,}, {lived.year.people.by_link:,} of them by the link of a letter: " + _listed(done)),
        ("cases opened by hand", f"{sum(lived.year.openings.opened.values()):,}; the others opened by themselves"),
        ("beside these", _listed(happened) or "nothing"),
        *((name, f"{number:,}") for name, number in sorted(figures.items()) if not name.startswith("mails: ")),
        ("mails", _listed({name.removeprefix("mails: "): number for name, number in figures.items() if name.startswith("mails: ")})),
        *((f"**{kind}**", f"**{lived.findings.count(kind)}**") for kind in FAULTS if _asked_of(kind, lived)),
        ("sweeps of the rungs", f"{len(lived.year.diary.sweeps):,}"),
        ("it took", f"{lived.seconds / 60:.0f} minutes: " + _seconds(lived)),
        ("machine, day", f"{_machine()}, {datetime.now(UTC).date()}"),
    ]
    lines = [f"### The {name} year", "", "| | |", "|-|-|", *(f"| {left} | {right} |" for left, right in rows)]
    return "\n".join([*lines, *_alarms(lived)])


def write_down(name: str, words: str, page: Path = PAGE) -> None:
    """Put one year's table between its marks; the other year's stays."""
    begin, end = f"<!-- {name} year: begin -->", f"<!-- {name} year: end -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    page.write_text(f"{before}{begin}\n{words}\n{end}{rest.split(end)[1]}", encoding="utf-8")


def _asked_of(kind: str, lived: Lived) -> bool:
    return bool(lived.alarms) or (not any(word in kind for word in ("alarm", "never", "unwell")))


def _alarms(lived: Lived) -> Iterable[str]:
    if not lived.alarms:
        return
    yield from ("", "| off | from | for | told after | as | told that it is over | all well, after its end |", "|-|-|-|-|-|-|-|")
    for alarm in lived.alarms:
        off = alarm.outage
        first = f"{off.first:%d %B %Y %H:%M}"
        told = f"{_time(alarm.after)} | {alarm.words} | {_time(alarm.over_after)}"
        yield f"| {off.kind} | {first} | {_time(off.last - off.first)} | {told} | {_time(alarm.well_after)} |"


def _time(of: timedelta | None) -> str:
    if of is None:
        return "never"
    minutes = round(of.total_seconds() / 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{minutes} min" if minutes < 120 else f"{days} d {hours} h" if days else f"{hours} h"


def _listed(counted: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counted.items(), key=lambda pair: -pair[1]))


def _seconds(lived: Lived) -> str:
    diary = lived.year.diary
    return ", ".join(f"{what} {seconds:.0f} s ({diary.runs[what]:,})" for what, seconds in diary.seconds.most_common(6))


def _machine() -> str:
    load = f", load {os.getloadavg()[0]:.0f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores{load}, Python {platform.python_version()}"
