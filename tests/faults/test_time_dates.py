"""London's dates everywhere, leap days, and the changes of the clock (`faults.md` T1, T3, T4)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from db.clock import Clock
from db.engine import Engines
from flows.known import SCHEDULED_FLOWS
from rules.calendar import england
from rules.date_words import date_of
from tests.databases import TestServer
from tests.db.ledger_story import village
from tests.faults.conftest import Tally

ROOT = Path(__file__).parents[2]
EDGES = {
    "2026-07-01T22:59:59+00:00": date(2026, 7, 1),
    "2026-07-01T23:00:00+00:00": date(2026, 7, 2),
    "2026-07-01T23:30:00+00:00": date(2026, 7, 2),
    "2026-12-31T23:59:59+00:00": date(2026, 12, 31),
    "2027-01-01T00:00:00+00:00": date(2027, 1, 1),
    "2027-01-01T10:00:00+13:00": date(2026, 12, 31),
    "2026-10-25T00:30:00+00:00": date(2026, 10, 25),
}
PROCESS = """
import sys
from pathlib import Path
from db.clock import Clock
from db.engine import Engines
from db.ledger import Ledger
from db.chase import sweep_all
from rules.loader import load_library
clock, engines = Clock(Path(sys.argv[2])), Engines(sys.argv[1])
with engines.scheduler() as session:
    zone = session.connection().exec_driver_sql("SHOW timezone").scalar_one()
for instant in sys.argv[3:]:
    Path(sys.argv[2]).write_text(instant)
    print(clock.today(), zone, sweep_all(engines, clock.today()))
"""


def test_t4_today_is_londons_whatever_zone_processes_and_database_keep(engines: Engines, postgres: TestServer, tmp_path: Path, tally: Tally) -> None:
    """The process keeps Auckland's time, the database UTC; a rung due on a day fires when that day begins in London and not before."""
    for instant, today in EDGES.items():
        assert Clock(fixed=datetime.fromisoformat(instant)).today() == today
    place = village(engines)
    case = place.open(on="2026-06-01", review_due_on=date(2026, 8, 20)).case
    with psycopg.connect(postgres.server.superuser_url(engines.url.rsplit("/", 1)[1])) as superuser:  # one rung, on 2 July
        superuser.execute("UPDATE steps SET chase_on = NULL, next_chase_on = NULL")
        moved = superuser.execute(
            "UPDATE steps SET chase_on = '{2026-07-02}', next_chase_on = '2026-07-02' WHERE (case_id, no) = "
            "(SELECT case_id, min(no) FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s AND closed_seq IS NULL GROUP BY 1)",
            (case,),
        ).rowcount
    assert moved == 1
    instants = ["2026-07-01T22:59:59+00:00", "2026-07-01T23:00:00+00:00", "2026-07-01T23:30:00+00:00"]
    said = subprocess.run(
        [sys.executable, "-c", PROCESS, engines.url, str(tmp_path / "clock"), *instants],
        env={**os.environ, "TZ": "Pacific/Auckland", "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")[:3]
    assert said == ["2026-07-01 UTC 0", "2026-07-02 UTC 1", "2026-07-02 UTC 0"]
    tally("T4", acts=len(EDGES) + 3, note="processes in Pacific/Auckland, database in UTC")


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("6 months after 2027-08-31", date(2028, 2, 29)),
        ("6 months after 2026-08-31", date(2027, 2, 28)),
        ("12 months after 2028-02-29", date(2029, 2, 28)),
        ("12 months after 2027-02-28", date(2028, 2, 28)),
    ],
)
def test_t3_months_end_on_the_last_day_that_there_is(words: str, day: date, tally: Tally) -> None:
    assert date_of(words, england()).on == day
    tally("T3", acts=1, note="over 2026 to 2029, through the rule language")


def test_t1_each_sweep_comes_once_a_day_over_both_changes_of_the_clock(tally: Tally) -> None:
    """Prefect's own reckoning of our schedules, over the night with 01:30 twice and the night with none."""
    from prefect.server.schemas.schedules import CronSchedule

    days = 0
    for known in SCHEDULED_FLOWS:
        for start in (datetime(2026, 10, 20, tzinfo=UTC), datetime(2027, 3, 22, tzinfo=UTC)):
            schedule = CronSchedule(cron=known.cron, timezone=known.timezone)
            dates = asyncio.run(schedule.get_dates(n=2000, start=start, end=start + timedelta(days=14)))
            if known.timezone == "Europe/London":
                assert len(dates) == len({one.date() for one in dates}) == 14
                days += 14
            else:
                gaps = {(later - earlier).total_seconds() for earlier, later in pairwise(dates)}
                assert len(gaps) == 1, "evenly spaced in UTC"
    assert days
    tally("T1", acts=days, note="14 days over each change")
