"""Acts of the ledger without a key, over several cases, prepared so that a cut may hit them between two: each goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count
from uuid import uuid4

import psycopg

from db.engine import Engines
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.ledger import Ledger
from db.models import SchoolClosure
from tests.db.ledger_story import Village, day, village
from tests.db.test_dates_moved_by_calendar import to_brief_staff
from tests.db.test_ledger_acts import reported
from tests.faults.tally import rounds

HARM = "UPDATE steps s SET owner = 'nobody' FROM cases c WHERE c.id = s.case_id AND c.ref = %s AND s.closed_seq IS NULL AND s.step = 'offer_advocate'"
_snow = count()


@cache
def _snowed_in(engines: Engines) -> Village:
    return village(engines, "920102")


@dataclass(frozen=True)
class Sweep:
    """An act without a key, over some cases: `left` says how many of them it has still to do; `done` how often it has been done, over all."""

    act: Callable[[Ledger], object]
    cases: list[str]
    left: Callable[[], int]
    done: Callable[[], int]


def lapsing(ash: Village) -> Sweep:
    """Two cases whose window for views has passed."""
    cases = [reported(ash) for _ in range(rounds(2, 3))]
    for case in cases:
        ash.decide(case, "la_decision", "2026-10-13", "amend", decision_on=day("2026-10-13"), notice_sent_on=day("2026-10-13"))
    today = max(ash.open_rows(case)["views_on_amendments"].due_on for case in cases) + timedelta(days=1)
    lapsed = "SELECT count(*) FROM events e JOIN cases c ON c.id = e.case_id WHERE c.ref = ANY(%s) AND e.content LIKE '%%no_views%%'"
    open_now = "SELECT count(*) FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = ANY(%s) AND s.step = 'views_on_amendments' "
    return Sweep(
        lambda ledger: ledger.run_calendar(today),
        cases,
        lambda: int(ash.rows(open_now + "AND s.closed_seq IS NULL", cases)[0][0]),
        lambda: int(ash.rows(lapsed, cases)[0][0]),
    )


def _all_ended(own: Village) -> Village:
    for row in own.rows("SELECT ref FROM cases WHERE school_id = %s AND ended = ''", own.school_id):
        own.ledger.interrupt(own.senco, key=uuid4(), case=row.ref, name="moved_away", because="synthetic", on=day("2026-10-01"))
    return own


def recounting(ash: Village) -> Sweep:
    """A school whose open cases were all counted before it closed for snow once more; earlier ones have ended."""
    own = _all_ended(_snowed_in(ash.engines))
    cases = [own.meeting_agreed() for _ in range(rounds(2, 3))]
    with ash.engines.scheduler() as session:
        snow_on = date(2027, 1, 4) + timedelta(days=next(_snow))
        session.add(SchoolClosure(school_id=own.school_id, first_on=snow_on, last_on=snow_on, reason="snow"))
    stamped = "SELECT count(DISTINCT calendar_version), count(*) FROM cases WHERE ref = ANY(%s)"
    before = own.rows("SELECT calendar_version FROM cases WHERE ref = ANY(%s)", cases)[0][0]
    assert own.rows(stamped, cases)[0] == (1, len(cases))
    left = "SELECT count(*) FROM cases WHERE ref = ANY(%s) AND calendar_version = %s"
    return Sweep(
        lambda ledger: ledger.recount_dates(),
        cases,
        lambda: int(own.rows(left, cases, before)[0][0]),
        lambda: len(cases) - int(own.rows(left, cases, before)[0][0]),
    )


def redating(ash: Village) -> Sweep:
    """Cases whose last step is due on a school day, on which the school has just been closed: by a person, with a reason, told once."""
    own, cases = _near_the_end(ash.engines)
    before = _targets(own, cases)
    with ash.engines.scheduler() as session:
        session.add(SchoolClosure(school_id=own.school_id, first_on=before[0], last_on=before[0], reason="snow"))
    acts = "SELECT count(*) FROM events e JOIN cases c ON c.id = e.case_id WHERE ref = ANY(%s) AND kind = 'redate'"
    acts_before = int(own.rows(acts, cases)[0][0])
    return Sweep(
        lambda ledger: ledger.redate(own.senco, because="snow", schools=[own.school_id]),
        cases,
        lambda: sum(one == before[0] for one in _targets(own, cases)),
        lambda: int(own.rows(acts, cases)[0][0]) - acts_before,
    )


@cache
def _near_the_end(engines: Engines) -> tuple[Village, list[str]]:
    own = village(engines, "920103")
    return own, [to_brief_staff(own) for _ in range(2)]


def _targets(own: Village, cases: list[str]) -> list[date]:
    asked = "SELECT s.target_on FROM steps s JOIN cases c ON c.id = s.case_id WHERE ref = ANY(%s) AND step = 'brief_staff' AND closed_seq IS NULL"
    return [row.target_on for row in own.rows(asked, cases)]


def rebuilding(ash: Village) -> Sweep:
    """A case one of whose rows somebody has changed below the ledger."""
    case = ash.meeting_agreed()
    with psycopg.connect(ash.engines.url) as connection:
        connection.execute("SET ROLE sendflow_writer")
        connection.execute("SELECT set_config('app.schools', %s, true)", (f"{{{ash.school_id}}}",))
        changed = connection.execute(HARM, (case,))
        assert changed.rowcount == 1
    return Sweep(lambda ledger: ledger.rebuild_rows(case), [case], lambda: len(ash.ledger.verify(case)), lambda: int(not ash.ledger.verify(case)))


PROFILE = """\
la: "{code}"
name: Testshire
mailbox: sen@testshire.example
lead_times: [{{process: annual_review, step: circulate_advice, by: {days} working days before meeting_on}}]
"""


def counting_by_a_profile(ash: Village) -> Sweep:
    """Two cases whose LA has a new profile: it asks for the papers on another day than the one before."""
    own, days = _all_ended(_profiled(ash.engines)), 20 + next(_snow) % 30
    cases = [own.meeting_agreed() for _ in range(2)]
    asked = "SELECT s.lead_on FROM steps s JOIN cases c ON c.id = s.case_id WHERE ref = ANY(%s) AND step = 'circulate_advice' AND closed_seq IS NULL"
    before = own.rows(asked, cases)[0].lead_on
    with ash.engines.scheduler() as session:
        load_profile(session, read_profile(PROFILE.format(code="104", days=days), "testshire.yaml"), "testshire.yaml", by=None)
    return Sweep(
        lambda ledger: ledger.write_lead_times(),
        cases,
        lambda: sum(row.lead_on == before for row in own.rows(asked, cases)),
        lambda: sum(row.lead_on != before for row in own.rows(asked, cases)),
    )


@cache
def _profiled(engines: Engines) -> Village:
    return village(engines, "920104")


WITHOUT_KEY: dict[str, Callable[[Village], Sweep]] = {
    "run_calendar": lapsing,
    "recount_dates": recounting,
    "redate": redating,
    "rebuild_rows": rebuilding,
    "write_lead_times": counting_by_a_profile,
}
