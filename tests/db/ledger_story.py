"""A trust of one school, its people, and a ledger on the design's annual review: what the tests of acts stand on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from db.clock import Clock
from db.engine import Engines
from db.ledger import Actor, Ledger, Receipt
from db.models import Authority, Membership, Person, Pupil, School, Trust
from rules.loader import load_library
from rules.values import Facts
from tests.db.builders import pupil, staff

EXAMPLE = Path(__file__).parents[1] / "rules" / "example"
TODAY = date(2026, 11, 24)
FACTS: Facts = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 9, "looked_after": True}


def day(text: str) -> date:
    """`2026-11-05` as a date."""
    return date.fromisoformat(text)


def noon(on: date) -> datetime:
    """Noon of that day in UTC: an hour at which everybody may be written to."""
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


@dataclass
class MovableClock(Clock):
    """A clock that a test sets."""

    today_is: date = TODAY

    def now(self) -> datetime:
        """Noon of the test's day."""
        return noon(self.today_is)


@dataclass
class Village:
    """One school with SENCO, headteacher and teacher; `pupils` are made as asked for."""

    engines: Engines
    clock: MovableClock
    ledger: Ledger
    school_id: int
    authority_id: int
    senco: Actor
    head: Actor
    teacher: Actor

    def pupil(self, given: str = "Ada", family: str = "Ashby") -> int:
        """A new pupil with a mother."""
        with self.engines.scheduler() as session:
            school, authority = session.get_one(School, self.school_id), session.get_one(Authority, self.authority_id)
            made: Pupil = pupil(session, school, authority, given, family)
            return made.id

    def open(self, on: str = "2026-09-10", key: UUID | None = None, pupil_id: int | None = None, **facts: Any) -> Receipt:
        """An annual review, opened by the SENCO."""
        pupil_id = self.pupil() if pupil_id is None else pupil_id
        return self.ledger.open_case(self.senco, key=key or uuid4(), process="annual_review", pupil_id=pupil_id, facts={**FACTS, **facts}, on=day(on))

    def decide(self, case: str, step: str, on: str, outcome: str = "done", by: Actor | None = None, key: UUID | None = None, **more: Any) -> Receipt:
        """Somebody (the SENCO, if nobody is named) records a step; facts by their names, `party`, `round` and `private` as they are."""
        known = {name: more.pop(name) for name in ("party", "round", "private") if name in more}
        return self.ledger.decide(by or self.senco, key=key or uuid4(), case=case, step=step, outcome=outcome, facts=more, on=day(on), **known)

    def meeting_agreed(self) -> str:
        """A review whose meeting is fixed for 5 November; its reference."""
        case = self.open().case
        self.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-05"))
        return case

    @property
    def software(self) -> Actor:
        """A flow of ours."""
        return Actor(None, frozenset(), "flow")

    def open_rows(self, case: str) -> dict[str, Any]:
        """The open rows of `steps` by step, a party's by `step/party`."""
        found = self.rows("SELECT s.* FROM steps s JOIN cases c ON c.id = s.case_id WHERE c.ref = %s AND s.closed_seq IS NULL", case)
        return {f"{row.step}/{row.party}" if row.party else row.step: row for row in found}

    def rows(self, query: str, *values: Any) -> list[Any]:
        """What a query finds, over all schools."""
        with self.engines.scheduler() as session:
            return list(session.connection().exec_driver_sql(query, values))


def village(engines: Engines, urn: str = "900001") -> Village:
    """A new school in the database, whatever is there already."""
    clock = MovableClock()
    with engines.scheduler() as session:
        trust, authority = Trust(name="Test Trust"), Authority(code=urn[-3:], name="Testshire", sen_email="sen@testshire.example")
        session.add_all([trust, authority])
        session.flush()
        at = School(trust_id=trust.id, authority_id=authority.id, urn=urn, name="Ash School", phase="primary")
        session.add(at)
        session.flush()
        people = {role: _member(session, at, role) for role in ("senco", "headteacher", "teacher")}
    ledger = Ledger(engines, clock, load_library(EXAMPLE))
    actors = {role: Actor(person.id, frozenset({at.id}), "console") for role, person in people.items()}
    return Village(engines, clock, ledger, at.id, authority.id, actors["senco"], actors["headteacher"], actors["teacher"])


def _member(session: Any, at: School, role: str) -> Person:
    person = staff(session, at, role.title(), "Ash")
    session.add(Membership(person_id=person.id, school_id=at.id, role=role))
    return person
