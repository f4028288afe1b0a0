"""Sends what a ledger's tests owe, letters and lists and mornings, by the marks that a sender makes: no mail server is asked."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.orm import Session

from db.deliveries import claim_deliveries, mark_accepted, mark_handed_over
from db.mailings import claim_mailings, lay_aside, lines_of, make_lists, make_mornings, take_apart
from tests.db.ledger_story import TODAY, Village

LATEST = "SELECT max(sent_for) FROM mailings"


def make_mailings(ash: Village) -> date:
    """Make the lists and mornings of all that is held, of a day that has none yet; that day. A reader has one list a day, whatever its cases."""
    with ash.engines.scheduler() as session:
        latest: date | None = session.connection().exec_driver_sql(LATEST).scalar()
        on = latest + timedelta(days=1) if latest is not None else TODAY
        take_apart(session, on)
        lay_aside(session)
        make_lists(session, on)
        make_mornings(session, on, {ash.school_id: (on, on)})
    return on


def send_mailings(ash: Village, case: str, on: date, step: str = "") -> list[tuple[str, str]]:
    """Send that day's lists and mornings; role and moment of each line about the case, or about that step of it alone."""
    told: list[tuple[str, str]] = []
    with ash.engines.scheduler() as session:
        case_id = _case_id(session, case)
        for one in claim_mailings(session, on, "test", limit=1000):
            told += [(line.to_role, line.moment) for line in lines_of(session, one) if line.case_id == case_id and step in ("", line.step)]
            assert mark_handed_over(session, one.id, "test", of="mailings") and mark_accepted(session, one.id, "test", of="mailings")
    return told


def send_all(ash: Village, case: str) -> list[tuple[str, str]]:
    """Send what is owed and held; role and moment of each letter and of each line about the case."""
    with ash.engines.scheduler() as session:
        found = claim_deliveries(session, case, "test", ash.clock.today())
        for one in found:
            assert mark_handed_over(session, one.id, "test") and mark_accepted(session, one.id, "test")
    return [(one.to_role, one.moment) for one in found] + send_mailings(ash, case, make_mailings(ash))


def _case_id(session: Session, case: str) -> int:
    found: int = session.connection().exec_driver_sql("SELECT id FROM cases WHERE ref = %s", (case,)).scalar_one()
    return found
