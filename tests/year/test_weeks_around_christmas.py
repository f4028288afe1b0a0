"""Six weeks of the year that `make year` lives whole: Christmas with nothing running, days without schedules or mail, every sweep twice at once.

No rung is missed and none told twice, by an oracle that knows the events, the ladders' file and the mail that came; and the oracle itself is shown to
see a rung that is missing, one too many, and a mail at night.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from flows.known import SCHEDULED_FLOWS
from tests.databases import TestServer
from tests.year.automation import OFTEN, SCHEDULED
from tests.year.lived import Asked, Lived, hard
from tests.year.oracle.judge import judge
from tests.year.outages import Outage
from tests.year.trust import london

pytestmark = pytest.mark.slow
WEEKS = Asked(date(2026, 12, 7), date(2027, 1, 16), pupils=150, seed=7)
OUTAGES = [
    Outage("schedules", london(date(2026, 12, 10), 4), london(date(2026, 12, 11), 12)),
    Outage("everything", london(date(2026, 12, 23), 16), london(date(2026, 12, 30), 9)),
    Outage("mail", london(date(2027, 1, 6), 3), london(date(2027, 1, 9), 3)),
]


@pytest.fixture(scope="module")
def weeks(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Those six weeks, lived and judged."""
    with hard(postgres.server, f"test_{os.getpid()}_weeks", tmp_path_factory.mktemp("weeks"), WEEKS, OUTAGES) as lived:
        yield lived


def test_every_scheduled_flow_is_driven() -> None:
    assert set(SCHEDULED) | set(OFTEN) == {flow.name for flow in SCHEDULED_FLOWS} | {"wakes"}


def test_no_rung_is_missed_none_told_twice_and_nobody_written_to_out_of_hours(weeks: Lived) -> None:
    assert weeks.findings.words(WEEKS.seed) == ""
    figures = weeks.findings.figures
    assert figures["rungs due"] == figures["rungs fired"] > 50
    assert figures["rungs superseded"] > 0, "an outage leaves some to later ones"
    assert figures["officers: mails a day, most"] == 1


def test_each_outage_was_told_within_its_limit(weeks: Lived) -> None:
    assert [alarm.outage for alarm in weeks.alarms] == OUTAGES
    assert all(alarm.after is not None and alarm.after <= timedelta(minutes=10) and alarm.well_after is not None for alarm in weeks.alarms)


def test_the_oracle_sees_what_is_wrong(weeks: Lived) -> None:
    """Last: it breaks the record."""
    place, arrived = weeks.year.place, weeks.year.place.mail.arrived
    night = replace(next(one for one in arrived if one.reference.startswith("LIST-")), at=london(date(2027, 1, 2), 3))
    arrived.append(night)
    with psycopg.connect(place.time.superuser_url, autocommit=True) as connection:
        connection.execute(_MISSING)
        connection.execute(_TOO_MANY)
    found = judge(weeks.year)
    assert found.count("missed") == 1 and found.count("not due") == 1 and found.count("came twice") >= 1
    assert any(kind.endswith("outside hours") for kind in found.faults)


_MISSING = """
    DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries WHERE rung IS NOT NULL
        GROUP BY case_id, step, party, round, rung, due_on, to_role HAVING count(*) = 1 LIMIT 1)
"""
_TOO_MANY = """
    INSERT INTO deliveries (case_id, seq, school_id, person_id, due_on, rung, round, step, party, moment, template, to_role, reference, once_key)
    SELECT case_id, seq, school_id, person_id, due_on + 300, rung, round, step, party, moment, template, to_role, 'TOO MANY', 'TOO MANY'
    FROM deliveries WHERE rung IS NOT NULL ORDER BY id LIMIT 1
"""
