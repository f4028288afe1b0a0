"""Every act of the ledger, one entry each, prepared so that a cut may hit it at any packet: the one table that no act may be missing from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg

from db.acts.request import request
from db.engine import Engines
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.ledger import Act as Many
from db.ledger import Ledger, Opening, Receipt
from db.models import SchoolClosure
from rules.documents import looked_at
from rules.history import Event
from rules.loader import load_library
from tests.db.la_story import report_sent
from tests.db.ledger_story import FACTS, Village, day, village
from tests.db.other_texts import OWNER, ROOMS, WEEKS, library_with, text_of, trust_lead
from tests.db.test_dates_moved_by_calendar import to_brief_staff
from tests.db.test_ledger_acts import held, reported
from tests.faults.tally import rounds

Act = Callable[[Ledger, UUID], Receipt | None]
Prepare = Callable[[Village], Act]
HARM = "UPDATE steps s SET owner = 'nobody' FROM cases c WHERE c.id = s.case_id AND c.ref = %s AND s.closed_seq IS NULL AND s.step = 'offer_advocate'"
_snow = count()


@cache
def _snowed_in(engines: Engines) -> Village:
    return village(engines, "920102")


def deciding(ash: Village) -> Act:
    case = ash.open().case
    return lambda ledger, key: ledger.decide(
        ash.senco,
        key=key,
        case=case,
        step="agree_meeting_date",
        facts={"meeting_on": day("2026-11-05")},
        private={"comment": "synthetic"},
        on=day("2026-09-20"),
    )


def opening(ash: Village) -> Act:
    pupil = ash.pupil()
    return lambda ledger, key: ledger.open_case(ash.senco, key=key, process="annual_review", pupil_id=pupil, facts=FACTS, on=day("2026-09-10"))


def ending(ash: Village) -> Act:
    case = reported(ash)
    return lambda ledger, key: ledger.decide(
        ash.senco, key=key, case=case, step="la_decision", outcome="maintain", facts={"decision_on": day("2026-11-20")}, on=day("2026-11-20")
    )


def _about(ash: Village, case: str, key: UUID) -> dict[str, Any]:
    return {"actor": ash.senco, "key": key, "case": case, "on": day("2026-10-01"), "because": "synthetic"}


def correcting(ash: Village) -> Act:
    case = ash.meeting_agreed()
    return lambda ledger, key: ledger.correct(**_about(ash, case, key), fact="meeting_on", value=day("2026-11-12"))


def correcting_an_outcome(ash: Village) -> Act:
    case = held(ash)
    ash.decide(case, "check_sections", "2026-11-06", "complete")
    about = {**_about(ash, case, uuid4()), "on": day("2026-11-07")}
    return lambda ledger, key: ledger.correct_outcome(**{**about, "key": key}, step="check_sections", outcome="gaps_found")


def interrupting(ash: Village) -> Act:
    case = ash.meeting_agreed()
    return lambda ledger, key: ledger.interrupt(**_about(ash, case, key), name="moved_away")


def lifting(ash: Village) -> Act:
    """An exception: of the shipped definitions, since the example has none."""
    shipped, facts = Ledger(ash.engines, ash.clock, load_library()), {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    about: dict[str, Any] = {"process": "ehc_needs_assessment", "pupil_id": ash.pupil(), "facts": facts, "on": day("2026-01-12")}
    case = shipped.open_case(ash.senco, key=uuid4(), **about).case
    ash.decide(case, "la_confirms_receipt", "2026-01-20", request_received_on=day("2026-01-19"))
    about = {**_about(ash, case, uuid4()), "step": "la_decides_to_assess", "exception": "circumstances", "on": day("2026-02-01")}
    return lambda ledger, key: ledger.apply_exception(**{**about, "key": key}, review_on=day("2026-04-01"))


def erasing(ash: Village) -> Act:
    """It answers a number, no receipt: what counts is that the words are gone and that one event says so."""
    case = ash.open().case
    ash.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"), private={"comment": "synthetic"})

    def act(ledger: Ledger, key: UUID) -> None:
        ledger.erase_private(ash.senco, key=key, case=case, on=day("2026-10-01"))
        assert ash.rows("SELECT count(*) FROM private_texts p JOIN cases c ON c.id = p.case_id WHERE c.ref = %s", case)[0][0] == 0
        assert ash.ledger.verify(case) == []

    return act


def opening_many(ash: Village) -> Act:
    pupil = ash.pupil()
    return lambda ledger, key: ledger.open_cases(ash.senco, [Opening(key, "annual_review", pupil, FACTS, day("2026-09-10"))])[0]


def applying_many(ash: Village) -> Act:
    cases = [ash.open().case for _ in range(2)]
    agreed = Event("decide", day("2026-09-20"), None, "agree_meeting_date", "", "done", {"meeting_on": day("2026-11-05")})

    def act(ledger: Ledger, key: UUID) -> Receipt:
        receipts = ledger.apply_many(ash.senco, [Many(key, cases[0], agreed), Many(uuid5(key, "second"), cases[1], agreed)])
        assert [ash.ledger.position(case)[2] for case in cases] == [2, 2] and ash.ledger.verify(cases[1]) == []
        return receipts[0]

    return act


def moving(ash: Village) -> Act:
    """To another text of its process, whose rooms are booked and whose advocate another offers."""
    case, new, lead = ash.meeting_agreed(), text_of(library_with(Path(mkdtemp()) / "new", WEEKS, OWNER, ROOMS)), trust_lead(ash.engines, ash)
    return lambda ledger, key: ledger.move_to_text(lead, key=key, case=case, to=new, because="synthetic")


def saying(ash: Village) -> Act:
    """Word of when a step will be done."""
    case = ash.open().case
    until, on = day("2026-10-12"), day("2026-09-20")
    return lambda ledger, key: ledger.say(ash.senco, key=key, case=case, step="agree_meeting_date", word="will_be_by", until=until, on=on)


def complaining(ash: Village) -> Act:
    """A formal complaint about the LA's decision, which is late."""
    case = ash.open(year_group=5).case
    ash.decide(case, "agree_meeting_date", "2026-08-20", meeting_on=day("2026-10-05"))
    report_sent(ash, case, "2026-10-12")
    return lambda ledger, key: ledger.complain(ash.head, key=key, case=case, step="la_decision", on=ash.clock.today())


def answering_together(ash: Village) -> Act:
    """Two cases in one transaction, each with a file: both and their files, or none."""
    files = tuple(looked_at(f"{name}.pdf", b"%PDF-" + name.encode()) for name in ("one", "two"))
    kept = "SELECT count(*) FROM documents k JOIN cases c ON c.id = k.case_id WHERE c.ref = ANY(%s)"
    cases = [ash.open().case for _ in range(2)]
    event = Event("say", day("2026-09-20"), ash.senco.person_id, "agree_meeting_date", "", name="will_be_by", review_on=day("2026-10-12"))

    def act(ledger: Ledger, key: UUID) -> Receipt:
        asked = [request(key, cases[0], event, documents=files[:1]), request(uuid5(key, "second"), cases[1], event, documents=files[1:])]
        receipts = ledger.answer_together([(ash.senco, one) for one in asked])
        assert [ash.ledger.position(case)[2] for case in cases] == [2, 2] and ash.ledger.verify(cases[1]) == []
        assert ash.rows(kept, cases)[0][0] == 2
        return receipts[0]

    return act


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


KEYED: dict[str, Prepare] = {
    "decide": deciding,
    "open_case": opening,
    "open_cases": opening_many,
    "apply_many": applying_many,
    "correct": correcting,
    "correct_outcome": correcting_an_outcome,
    "apply_exception": lifting,
    "interrupt": interrupting,
    "move_to_text": moving,
    "erase_private": erasing,
    "say": saying,
    "complain": complaining,
    "answer_together": answering_together,
}
WITHOUT_KEY: dict[str, Callable[[Village], Sweep]] = {
    "run_calendar": lapsing,
    "recount_dates": recounting,
    "redate": redating,
    "rebuild_rows": rebuilding,
    "write_lead_times": counting_by_a_profile,
}
READS = {"position", "verify", "anchor", "preview_move"}
