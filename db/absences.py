"""Saying that somebody is away and who stands in, and taking it back. The one writer of `absences`; `db/queries/acting.py` says what follows.

Sessions are the scheduler's: a deputy may be of another school of the trust. Who may say it is asked by the caller (`db/who_says_away.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db.field_fault import FieldFault
from db.handing_over import owe_to_deputies
from db.models import Absence, Membership, Person
from db.permissions import role_title
from db.person_schools import make_deputies_known
from db.queries.absences import SaidAbsence, said_absences
from db.queries.unowned import OwnApproval, own_approvals
from db.unowned import tell_unowned
from db.who_says_away import StoodInFor, changing_days, stood_in_for, too_high
from rules.explain import in_full

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(24140, 1)")  # two people who name each other at once would make a ring
# Where the person's posts are, as `stand_ins` has them: a school that they left before the absence is none of it.
_SCHOOLS = text("""
    SELECT DISTINCT school_id FROM (
        SELECT school_id, coalesce(until_on, 'infinity') AS last_on, max(coalesce(until_on, 'infinity')) OVER () AS last_of_all
        FROM memberships WHERE person_id = :person) AS posts
    WHERE last_on >= LEAST(CAST(:from_on AS date), last_of_all) ORDER BY school_id
""")

_STOOD_IN_AT = text("SELECT DISTINCT school_id FROM stand_ins(:day)")


class CannotBeAway(FieldFault):
    """The absence cannot stand as it was said. `field` is deputy, from_on, to_on or empty."""


@dataclass(frozen=True, slots=True)
class NewAbsence:
    """Somebody is away from `from_on` to `to_on`, both days included (None: until further notice), and `deputy_id` stands in."""

    person_id: int
    deputy_id: int
    from_on: date
    to_on: date | None = None

    def meets(self, other: Absence) -> bool:
        """Whether a day lies in both."""
        return other.from_on <= (self.to_on or date.max) and self.from_on <= (other.to_on or date.max)


def say_away(session: Session, said: NewAbsence, *, by: int, today: date, now: datetime) -> SaidAbsence:
    """Record an absence. `by`: the person who says it. Raises CannotBeAway, which leaves nothing behind once the session is rolled back.

    From its first day on, open steps, reminders and decisions go to the deputy, who is told of it; from the day after its last they are handed back.
    """
    session.execute(_ONE_AT_A_TIME)
    people = _people(session, said)
    _refuse_days(said, today)
    standing = [row for row in _standing(session, said.from_on) if said.meets(row)]
    _refuse_second(said, standing, people)
    _refuse_chain(session, said, standing, people)
    schools = list(session.scalars(_SCHOOLS, {"person": said.person_id, "from_on": said.from_on}))
    affected = {*schools, *session.scalars(_STOOD_IN_AT, {"day": said.from_on})}
    by_author = {(one.case_id, one.no) for one in own_approvals(session, said.from_on, affected)}
    days = changing_days(said.from_on, said.to_on, [(one.from_on, one.to_on) for one in standing])
    before = stood_in_for(session, by, days)
    row = Absence(**_values(said), said_by=by, said_at=now, school_ids=schools)
    session.add(row)
    session.flush()
    if by != said.person_id:
        _refuse_own_rise(too_high(session, by, stood_in_for(session, by, days) - before, today))
    _refuse_own_work(one for one in own_approvals(session, said.from_on, affected) if (one.case_id, one.no) not in by_author)
    make_deputies_known(session)
    owe_to_deputies(session, today)
    tell_unowned(session, today)
    return next(one for one in said_absences(session, today, person_id=said.person_id) if one.id == row.id)


def take_back(session: Session, absence_id: int, *, by: int, today: date, now: datetime) -> SaidAbsence:
    """End an absence now, or call off one that has not begun: everything is the person's own again. Raises CannotBeAway if it is over."""
    session.execute(_ONE_AT_A_TIME)
    found = next((one for one in said_absences(session, today) if one.id == absence_id), None)
    if found is None:
        raise CannotBeAway("That absence is over or has been taken back already. There is nothing to take back.")
    row = session.get_one(Absence, absence_id)
    row.ended_by, row.ended_at = by, now
    session.flush()
    tell_unowned(session, today)
    return found


def _values(said: NewAbsence) -> dict[str, object]:
    return {"person_id": said.person_id, "deputy_id": said.deputy_id, "from_on": said.from_on, "to_on": said.to_on}


def _people(session: Session, said: NewAbsence) -> dict[int, Person]:
    """Both people. Raises CannotBeAway for somebody who is not on the staff."""
    people = {one.id: one for one in session.scalars(select(Person).where(Person.id.in_([said.person_id, said.deputy_id])))}
    posts = set(session.scalars(select(Membership.person_id).where(Membership.person_id == said.person_id)))
    if said.person_id not in posts or said.person_id not in people:
        raise CannotBeAway("Only a member of staff with a role at a school is stood in for. Import them with staff.csv first.", "person")
    if said.deputy_id == said.person_id:
        raise CannotBeAway("Nobody stands in for themselves. Name somebody else.", "deputy")
    if said.deputy_id not in people:
        raise CannotBeAway("There is no such member of staff. Choose the deputy from the list.", "deputy")
    return people


def _refuse_days(said: NewAbsence, today: date) -> None:
    if said.from_on < today:
        raise CannotBeAway(
            f"The first day, {in_full(said.from_on)}, has passed: what was decided since then stands. Say it from today on.", "from_on"
        )
    if said.to_on is not None and said.to_on < said.from_on:
        raise CannotBeAway(f"The last day, {in_full(said.to_on)}, is before the first. Give the last day of the absence, or leave it empty.", "to_on")


def _standing(session: Session, from_on: date) -> Sequence[Absence]:
    return session.scalars(select(Absence).where(Absence.ended_at.is_(None), (Absence.to_on.is_(None)) | (Absence.to_on >= from_on))).all()


def _refuse_second(said: NewAbsence, standing: Sequence[Absence], people: Mapping[int, Person]) -> None:
    other = next((row for row in standing if row.person_id == said.person_id), None)
    if other is not None:
        until = f"to {in_full(other.to_on)}" if other.to_on else "until further notice"
        raise CannotBeAway(
            f"{_name(people[said.person_id])} is away already, from {in_full(other.from_on)} {until}. Take that back first, then say the new one.",
            "from_on",
        )


def _refuse_chain(session: Session, said: NewAbsence, standing: Sequence[Absence], people: Mapping[int, Person]) -> None:
    """Follow the chain of deputies over the days of the absence: it must not come back, and on each day must end with somebody who can act."""
    away: dict[int, list[Absence]] = defaultdict(list)
    for row in standing:
        away[row.person_id].append(row)
    links: list[tuple[tuple[int, ...], int, date, date]] = [((said.person_id,), said.deputy_id, said.from_on, said.to_on or date.max)]
    while links:  # somebody may be away more than once in these days, and name another deputy each time
        seen, at, first_on, last_on = links.pop()
        if at in seen:
            names = " stands in for ".join(_name(session.get_one(Person, one)) for one in reversed([*seen, at]))
            raise CannotBeAway(f"The deputies go round in a ring: {names}. Name somebody who is not away in these days.", "deputy")
        theirs = [row for row in away[at] if row.from_on <= last_on and (row.to_on or date.max) >= first_on]
        if not any(row.from_on <= first_on and (row.to_on or date.max) >= last_on for row in theirs):
            _refuse_unable(session, session.get_one(Person, at), people[said.deputy_id], first_on, last_on)
        links += [((*seen, at), row.deputy_id, max(first_on, row.from_on), min(last_on, row.to_on or date.max)) for row in theirs]


def _refuse_unable(session: Session, person: Person, deputy: Person, first_on: date, last_on: date) -> None:
    """Raise CannotBeAway unless this person of the chain has a role somewhere in the trust on these days (`last_on` date.max: no end is known)."""
    held = session.scalars(select(Membership.until_on).where(Membership.person_id == person.id)).all()
    until = min(max((one or date.max for one in held), default=date.min), person.left_on or date.max)
    along = "" if person.id == deputy.id else f"{_name(deputy)} is away in these days, and {_name(person)} would stand in. "
    if person.kind != "staff" or not held:
        raise CannotBeAway(f"{along}{_name(person)} has no role at any school, and so cannot sign in. Name another deputy.", "deputy")
    if until < first_on:
        raise CannotBeAway(f"{along}{_name(person)} left on {in_full(until)}. Name another deputy.", "deputy")
    if until < last_on < date.max:
        raise CannotBeAway(
            f"{along}{_name(person)} leaves on {in_full(until)}, before the absence is over. Name another deputy, or end it then.", "deputy"
        )


def _refuse_own_rise(gained: Sequence[StoodInFor]) -> None:
    """Raise CannotBeAway where whoever says it would come to act in a role of their own rank or above, directly or along a chain."""
    if gained:
        raise CannotBeAway(
            f"You would stand in as {role_title(gained[0].role)} for {gained[0].holder} yourself. Nobody takes over a post of their own rank or "
            f"above, or at another school, by their own word: name somebody else, or let {gained[0].holder} or a third person say it.",
            "deputy",
        )


def _refuse_own_work(newly: Iterable[OwnApproval]) -> None:
    """Whoever did the work does not approve it (`not_by`). `newly`: what with this absence, directly or along a chain, waits for its own author."""
    mine = list(newly)
    if mine:
        cases = ", ".join(f"“{one.title}” of {one.case}" for one in mine[:3])
        raise CannotBeAway(
            f"{mine[0].author} did the work that {cases} looks at, and nobody approves their own work. "
            "Decide it before the first day, or name another deputy.",
            "deputy",
        )


def _name(person: Person) -> str:
    return " ".join(part for part in (person.given_name, person.family_name) if part)
