"""Whose posts a deputy takes over, and chains in which somebody is away more than once: which schools, which days, what the deputy is told."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from db.absences import CannotBeAway
from db.engine import Engines
from db.handing_over import told_of
from db.models import Membership
from db.queries.absences import said_absences
from db.queries.unowned import unowned_roles
from tests.db.ledger_story import TODAY, Village, day, village
from tests.db.test_absences import away, back, colleague, held_by, person_of, report_written

URNS = (str(urn) for urn in range(900301, 900400))


@pytest.fixture
def ash(engines: Engines) -> Village:
    """A school of the test's own."""
    return village(engines, next(URNS))


def ends(ash: Village, last_on: date) -> None:
    """The SENCO's post at the school ends."""
    with ash.engines.scheduler() as session:
        session.get_one(Membership, (person_of(ash.senco), ash.school_id, "senco")).until_on = last_on


def takes_a_post(ash: Village, at: Village) -> None:
    """The SENCO of `ash` is SENCO there too."""
    with ash.engines.scheduler() as session:
        session.add(Membership(person_id=person_of(ash.senco), school_id=at.school_id, role="senco"))


def lent(ash: Village, to: int) -> set[tuple[int, str]]:
    """Where, and in which role, that person stands in today."""
    return {(one.school_id, one.role) for one in held_by(ash, to) if one.holder_id}


def test_whoever_went_to_another_school_lends_no_post_at_the_old_one(ash: Village, engines: Engines) -> None:
    """A SENCO moved within the trust a year ago, and falls ill: the deputy had the old school's cases, which somebody else leads by now."""
    birch = village(engines, next(URNS))
    ends(ash, day("2025-08-31"))
    takes_a_post(ash, birch)
    said = away(birch, ash.senco, birch.teacher)
    assert said.school_ids == (birch.school_id,), "nobody of the old school reads that they are away"
    assert lent(birch, person_of(birch.teacher)) == {(birch.school_id, "senco")}


def test_a_post_that_ends_while_its_holder_is_away_stays_held_until_they_are_back(ash: Village, engines: Engines) -> None:
    birch = village(engines, next(URNS))
    ends(ash, day("2026-11-27"))
    takes_a_post(ash, birch)
    said = away(birch, ash.senco, birch.teacher)
    birch.clock.today_is = day("2026-12-01")
    both = {(ash.school_id, "senco"), (birch.school_id, "senco")}
    assert set(said.school_ids) == {ash.school_id, birch.school_id} and lent(birch, person_of(birch.teacher)) == both
    back(birch, said)
    away(birch, ash.senco, birch.teacher, day("2026-12-01"))
    assert lent(birch, person_of(birch.teacher)) == {(birch.school_id, "senco")}


def test_a_post_taken_while_away_is_lent_to_nobody_until_somebody_says_so(ash: Village, engines: Engines) -> None:
    """A teacher's deputy became acting head of another school by its file of staff. Nobody there had named them, and their name was unknown there."""
    birch = village(engines, next(URNS))
    birch.meeting_agreed()
    said = away(ash, ash.senco, ash.teacher, TODAY, None)
    takes_a_post(ash, birch)
    with engines.scheduler() as session:
        session.get_one(Membership, (person_of(birch.senco), birch.school_id, "senco")).until_on = day("2026-11-20")
    assert lent(ash, person_of(ash.teacher)) == {(ash.school_id, "senco")}
    with engines.scheduler() as session:
        (listed,) = said_absences(session, TODAY, person_id=person_of(ash.senco))
        assert listed.acting_id == person_of(ash.teacher)
        assert ("senco", birch.school_id) in {(one.owner, one.school_id) for one in unowned_roles(session, TODAY)}, "the trust is told that day"
    back(ash, said)
    away(ash, ash.senco, ash.teacher, TODAY, None)
    assert lent(ash, person_of(ash.teacher)) == {(ash.school_id, "senco"), (birch.school_id, "senco")}


def test_the_deputy_of_a_leavers_post_is_told_in_which_role(ash: Village) -> None:
    ends(ash, day("2026-11-20"))
    said = away(ash, ash.senco, ash.head)
    with ash.engines.scheduler() as session:
        mailing = session.scalar(text("SELECT told_by FROM absences WHERE id = :id"), {"id": said.id})
        (told,) = told_of(session, mailing, TODAY)
    assert (told.roles, told.schools) == (("senco",), ("Ash School",)), "it said: you stand in as nobody"


@pytest.mark.parametrize("first", ["ring", "spare"])
def test_a_ring_in_the_second_of_two_absences_of_the_deputy_is_found(ash: Village, first: str) -> None:
    spare = colleague(ash, "Spare")
    said = {"ring": (ash.head, day("2026-12-07"), day("2026-12-08")), "spare": (spare, day("2026-11-25"), day("2026-11-26"))}
    for name in sorted(said, key=lambda one: one != first):
        away(ash, ash.teacher, *said[name])
    with pytest.raises(CannotBeAway, match="in a ring: Headteacher Ash stands in for Teacher Ash stands in for Headteacher Ash"):
        away(ash, ash.head, ash.teacher, TODAY, day("2026-12-10"))
    away(ash, ash.head, ash.teacher, TODAY, day("2026-12-06"))


def test_a_last_day_at_the_end_of_the_calendar_keeps_nobody_else_from_saying_theirs(ash: Village) -> None:
    """Typed for "nobody knows until when": every absence said after it, by anybody of the trust, broke."""
    forever = away(ash, ash.teacher, ash.senco, TODAY, date.max)
    assert away(ash, ash.head, ash.senco, TODAY, None).to_on is None
    back(ash, forever)


def test_a_leavers_post_is_held_until_somebody_else_is_put_in_it(ash: Village) -> None:
    """The deputy went on reading all cases as SENCO, and had each of her letters, months after the new one had come."""
    ends(ash, day("2026-11-20"))
    away(ash, ash.senco, ash.head, TODAY, None)
    assert lent(ash, person_of(ash.head)) == {(ash.school_id, "senco")}
    ends_again = colleague(ash, "New", "senco", until_on=day("2026-12-18"))
    assert lent(ash, person_of(ash.head)) == set() and held_by(ash, ends_again)
    ash.clock.today_is = day("2026-12-19")
    assert lent(ash, person_of(ash.head)) == {(ash.school_id, "senco")}, "the post is empty again"


def test_nobody_comes_to_approve_their_own_work_along_a_chain(ash: Village) -> None:
    waiting = report_written(ash)
    away(ash, ash.head, ash.teacher)
    with pytest.raises(CannotBeAway, match=f"Senco Ash did the work that “Approve the report” of {waiting} looks at"):
        away(ash, ash.teacher, ash.senco)
    ash.decide(waiting, "approve_report", "2026-11-24", "approved", by=ash.teacher)
    away(ash, ash.teacher, ash.senco)
