"""People, schools and rows for tests, in one line each. All synthetic."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import psycopg
from sqlalchemy.orm import Session

from db.engine import Engines
from db.models import Authority, Family, Membership, Person, Pupil, School, Trust
from db.roles import become
from db.url import psycopg_url

OPENED_ON = date(2026, 9, 7)


def two_schools(engines: Engines) -> tuple[int, int]:
    """Two schools of one trust, each with a SENCO, a pupil with a mother, and a case with an open step."""
    with engines.scheduler() as session:
        trust, authority = Trust(name="Test Trust"), Authority(code="999", name="Testshire", sen_email="sen@testshire.example")
        session.add_all([trust, authority])
        session.flush()
        first = school(session, trust, authority, "900001", "Ash School")
        second = school(session, trust, authority, "900002", "Birch School")
        pupils = [pupil(session, first, authority, "Ada", "Ashby"), pupil(session, second, authority, "Ben", "Birchall")]
        session.flush()
    for row in pupils:
        case_with_step(engines.url, row)
    return first.id, second.id


def school(session: Session, trust: Trust, authority: Authority, urn: str, name: str) -> School:
    """A school with a SENCO and a headteacher."""
    made = School(trust_id=trust.id, authority_id=authority.id, urn=urn, name=name, phase="primary")
    session.add(made)
    session.flush()
    for role in ("senco", "headteacher"):
        person = staff(session, made, role.title(), name.split()[0])
        session.add(Membership(person_id=person.id, school_id=made.id, role=role))
    return made


def staff(session: Session, at: School, given: str, family: str) -> Person:
    """A member of staff, without a role yet."""
    person = Person(kind="staff", given_name=given, family_name=family, email=f"{given}.{family}@school.example".lower(), school_ids=[at.id])
    session.add(person)
    session.flush()
    return person


def pupil(session: Session, at: School, authority: Authority, given: str, family: str) -> Pupil:
    """A pupil of ten with a mother who holds parental responsibility."""
    made = Pupil(
        school_id=at.id, authority_id=authority.id, given_name=given, family_name=family, born_on=date(2016, 3, 1), year_group=5, sen_provision="K"
    )
    mother = Person(kind="family", given_name="Mother of", family_name=given, email=f"mother.{given}@home.example".lower(), school_ids=[at.id])
    session.add_all([made, mother])
    session.flush()
    session.add(Family(pupil_id=made.id, person_id=mother.id, school_id=at.id, relationship="mother", parental_responsibility=True))
    session.flush()
    return made


def case_with_step(url: str, of: Pupil, *, owner: str = "senco", due_on: date | None = date(2026, 10, 19), ref: str = "") -> int:
    """A case row with one event and one open step, written as the writer: enough for tests of rows, not of the ledger."""
    with psycopg.connect(psycopg_url(url)) as connection:
        connection.execute(become("sendflow_writer"))
        definition = (
            connection.execute("SELECT id FROM definitions WHERE hash = 'test'").fetchone()
            or connection.execute("INSERT INTO definitions (process, hash, source) VALUES ('annual_review', 'test', '{}') RETURNING id").fetchone()
        )
        assert definition is not None
        key = uuid4()
        row = connection.execute(
            "INSERT INTO cases (pupil_id, school_id, definition_id, opened_on, opening_key, ref, head, position) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, '{}') RETURNING id",
            (of.id, of.school_id, definition[0], OPENED_ON, key, ref or f"AR-{of.id:06}", b"\0" * 32),
        ).fetchone()
        assert row is not None
        case_id = int(row[0])
        connection.execute(
            "INSERT INTO events (case_id, recorded_at, seq, school_id, act_key, kind, hash, content) VALUES (%s, %s, 1, %s, %s, 'open', %s, '{}')",
            (case_id, datetime(2026, 9, 7, 9, tzinfo=UTC), of.school_id, key, b"\0" * 32),
        )
        connection.execute(
            "INSERT INTO steps (case_id, no, school_id, due_on, opened_seq, step, owner) VALUES (%s, 1, %s, %s, 1, 'hold_meeting', %s)",
            (case_id, of.school_id, due_on, owner),
        )
        connection.execute("INSERT INTO private_texts VALUES (%s, 1, %s, 'comment', %s, 'synthetic words')", (case_id, of.school_id, b"salt"))
    return case_id
