"""One year from its beginning to its judgement: what `make year`, and the test of some weeks, both do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from db.embedded import EmbeddedPostgres
from tests.faults.alarm_bell import AlarmBell
from tests.year.hard_year import HardYear
from tests.year.oracle.findings import Findings
from tests.year.oracle.judge import judge
from tests.year.outages import LIMITS, Outage, draw_outages
from tests.year.trust import Place, new_database, sample_trust
from tests.year.watched import Alarm, Watcher
from tests.year.year import Year

WELL_WITHIN = timedelta(hours=25)  # what runs once a day has come to its end again by then
Say = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What is to be lived: the days, how many pupils the trust has, and the seed of everybody's chance."""

    first: date
    last: date
    pupils: int
    seed: int


@dataclass
class Lived:
    """A year that was lived and judged. `alarms`: of a hard one, one an outage."""

    asked: Asked
    year: Year
    findings: Findings
    seconds: float
    alarms: list[Alarm] = field(default_factory=list)
    looks: int = 0


@contextmanager
def calm(server: EmbeddedPostgres, database: str, folder: Path, asked: Asked, say: Say = lambda words: None) -> Iterator[Lived]:
    """The first year: nothing goes wrong but people, and the rungs are swept each hour."""
    with _place(server, database, folder, asked) as place:
        year = Year(place, asked.first, asked.last, asked.seed, say=say)
        yield _lived(asked, year)
        year.close()


@contextmanager
def hard(
    server: EmbeddedPostgres, database: str, folder: Path, asked: Asked, outages: list[Outage] | None = None, say: Say = lambda words: None
) -> Iterator[Lived]:
    """The second year. `outages`: those, instead of what the seed draws."""
    drawn = draw_outages(Random(asked.seed), asked.first, asked.last) if outages is None else outages
    with _place(server, database, folder, asked) as place, AlarmBell().open() as bell:
        watcher = Watcher(place, bell)
        year = HardYear(place, asked.first, asked.last, asked.seed, say=say, outages=drawn, watcher=watcher)
        lived = _lived(asked, year)
        lived.alarms, lived.looks = watcher.alarms, watcher.looks
        _judge_alarms(lived, drawn, watcher)
        yield lived
        year.close()
        watcher.close()


@contextmanager
def _place(server: EmbeddedPostgres, database: str, folder: Path, asked: Asked) -> Iterator[Place]:
    folder.mkdir(parents=True, exist_ok=True)
    with new_database(server, database), sample_trust(server, database, folder, asked.first, asked.seed, asked.pupils) as place:
        yield place


def _lived(asked: Asked, year: Year) -> Lived:
    began = time.perf_counter()
    year.run()
    return Lived(asked, year, judge(year), time.perf_counter() - began)


def _judge_alarms(lived: Lived, outages: list[Outage], watcher: Watcher) -> None:
    """Each outage was told within its limit, all was well some time after it, and nobody was told anything while nothing was amiss."""
    told = {alarm.outage: alarm for alarm in lived.alarms}
    for outage in outages:
        alarm = told.get(outage)
        words = f"{outage.kind} off from {outage.first} to {outage.last}"
        if alarm is None or alarm.after is None:
            lived.findings.wrong("no alarm", words)
        elif alarm.after > LIMITS[outage.kind]:
            lived.findings.wrong("late alarm", f"{words}: told after {alarm.after}")
        elif alarm.well_after is None:
            lived.findings.wrong("never well again", words)
        elif alarm.well_after > WELL_WITHIN:
            lived.findings.wrong("long unwell", f"{words}: still amiss {alarm.well_after} after its end")
        elif alarm.over_after is None:
            lived.findings.wrong("never told over", words)
    for words in watcher.false_alarms:
        lived.findings.wrong("false alarm", words)
    lived.findings.figures["outages"], lived.findings.figures["looks of the watch"] = len(outages), watcher.looks
