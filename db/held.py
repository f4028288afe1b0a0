"""When a message goes: at once, at the next hour at which its reader may be written to, or held for the reader's next list or morning.

Families get their letters at once, within civil hours. Bodies outside get at once what the law wants told by itself, a notice; what reminds
them is held for their list of the day. Staff read one message on the morning of a school day, and at once only what cannot wait: a notice
whose contents the law lays down, and what is due by the next school day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.calendar_of_school import calendar_of
from db.models import Delivery, Membership
from rules.calendar import SchoolCalendar, england, today_in_london
from rules.definition import Role
from rules.hours import Reader, next_school_day, wait_for_hours

FAMILY = frozenset({"parent", "pupil", "young_person"})
NO_WAIT = timedelta(0)


@dataclass(frozen=True, slots=True)
class Message:
    """What decides when a message goes. `by_law`: the law lays down what it must say; `rung`: it reminds, and tells nothing new."""

    role: Role | None
    person_kind: str
    school_id: int
    rung: bool
    by_law: bool
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Goes:
    """`held_for` is `list` or `morning`, or empty for a letter that goes by itself after `wait`."""

    held_for: str = ""
    wait: timedelta = NO_WAIT


def reader_kind(role: Role | None, person_kind: str) -> Reader:
    """Whose hours a reader has: those of the role they are told in. One of ours on the staff reads with the staff though they have no inbox."""
    if role is not None and role.name in FAMILY:
        return "family"
    if person_kind == "staff" or (role is not None and role.reached_by == "inbox"):
        return "staff"
    return "officer"


class Timetable:
    """When messages go that are spread at `now` (aware). `at_any_hour`: a demo, which people look at by night too, keeps days and no hours."""

    def __init__(self, session: Session, now: datetime, *, at_any_hour: bool = False) -> None:
        self._session = session
        self._now = now
        self._at_any_hour = at_any_hour
        self._calendars: dict[int, SchoolCalendar] = {}
        self.today = today_in_london(now)

    @cached_property
    def moment(self) -> datetime:
        """The same moment by the database's own clock, in which tries are timed."""
        return self._session.execute(select(func.now())).scalar_one()

    def at_once(self) -> dict[str, object]:
        """The columns of a delivery that is held for nothing; hours are kept where it is sent."""
        return {"owed_on": self.today, "next_try_at": self.moment, "held_for": ""}

    def wait(self, delivery: Delivery, person_kind: str) -> timedelta:
        """How long a letter that was spread before must wait now: it was tried in vain, or nobody could send it in time."""
        reader = reader_kind(None, person_kind) if delivery.to_role not in FAMILY else "family"
        return self._wait(reader, self._calendar(delivery.school_id) if reader == "staff" else england())

    def wait_of_staff(self, person_id: int | None) -> timedelta:
        """How long one of the staff must not be written to, by the schools where they have a role; nothing for everybody else."""
        posts = select(Membership.school_id).where(Membership.person_id == person_id)
        held = self._session.scalars(posts.where(or_(Membership.until_on.is_(None), Membership.until_on >= self.today)))
        return min((self._wait("staff", self._calendar(school_id)) for school_id in held.all()), default=NO_WAIT)

    def goes(self, message: Message) -> Goes:
        """When this message goes."""
        reader = reader_kind(message.role, message.person_kind)
        if reader == "family":
            return Goes(wait=self._wait(reader, england()))
        if reader == "officer":
            return Goes("list") if message.rung else Goes(wait=self._wait(reader, england()))
        if message.rung or not (message.by_law or self._is_due_soon(message)):
            return Goes("morning")
        return Goes(wait=self._wait(reader, self._calendar(message.school_id)))

    def _is_due_soon(self, message: Message) -> bool:
        soon = next_school_day(self._calendar(message.school_id), self.today)
        return message.due_on is not None and message.due_on <= soon

    def _wait(self, reader: Reader, calendar: SchoolCalendar) -> timedelta:
        return NO_WAIT if self._at_any_hour else wait_for_hours(reader, calendar, self._now)

    def _calendar(self, school_id: int) -> SchoolCalendar:
        if school_id not in self._calendars:
            self._calendars[school_id] = calendar_of(self._session, school_id)
        return self._calendars[school_id]
