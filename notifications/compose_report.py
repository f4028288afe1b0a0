"""A report of the ledger to one message: the trust's week, its new breaches, a head's week, a board's month. Counts and case references only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from functools import partial

from markupsafe import Markup
from sqlalchemy.orm import Session

from db.kept_away import cases_not_told_to
from db.models import Mailing
from db.permissions import roles_for
from db.queries.trust_week import A_WEEK, SOON, PlaceWeek, TrustWeek, trust_week
from db.reports import (
    BOARD_MONTH,
    HEAD_WEEK,
    TOLD_FIRST,
    TRUST_BREACHES,
    TRUST_WEEK,
    ReportReader,
    calendars_of_reader,
    keep_told,
    last_report,
    report_readers,
)
from notifications.mailing_values import mailing_values
from notifications.message import Message, NothingToSay
from notifications.reader import NobodyToWriteTo, reader_in
from notifications.render import render
from rules.calendar import ONE_DAY
from rules.hours import next_week_on

# Who has each report, and after which reports nothing is new any more: the week tells the breaches that its days have told, and more.
ROLES: Mapping[str, tuple[str, ...]] = {
    TRUST_WEEK: roles_for("read_trust"),
    TRUST_BREACHES: roles_for("read_trust"),
    HEAD_WEEK: ("headteacher",),
    BOARD_MONTH: ("governor",),
}
TOLD_BY: Mapping[str, tuple[str, ...]] = {kind: (kind,) for kind in ROLES} | {TRUST_BREACHES: (TRUST_WEEK, TRUST_BREACHES)}
WEEKLY = (TRUST_WEEK, HEAD_WEEK)
READS: Mapping[str, tuple[str, ...]] = {HEAD_WEEK: ROLES[HEAD_WEEK]}  # a complaint about the head is none of the head's (decision 185)
FEWEST = 5  # a board reads no number below it: of so few children each may be known


def compose_report(session: Session, mailing: Mailing, *, origin: str, today: date) -> Message:
    """The message of `mailing`, read now. Raises NobodyToWriteTo, also when the reader holds no such role any more, and NothingToSay."""
    reader = reader_in(session, "", mailing.person_id, mailing.authority_id)
    week = week_of(session, mailing.kind, _reader_of(session, mailing.kind, mailing.person_id, today), today, mailing.id)
    if mailing.kind == TRUST_BREACHES and not new_breaches(week):
        raise NothingToSay(mailing.reference)
    keep_told(session, mailing.id, week.told)
    said = report_values(mailing.kind, week, f"{origin.rstrip('/')}/authorities")
    common = mailing_values(mailing, reader, today)
    subject, html = render(f"mailings/{mailing.kind}", "", {**common, **said})
    return Message(reader.email, subject, html, mailing.reference, mailing.may_be_twice)


def week_of(session: Session, kind: str, reader: ReportReader, today: date, mailing_id: int = 0) -> TrustWeek:
    """What that reader's report (the mailing, if there is one) says of their schools. New is what no report told them, whenever it began: the
    last report's lists have all that stood then. To whoever never had one, new is the last week's.

    A week's report reaches from the last one, however many days ago, to the next one, where holidays lie between: nothing is newly late in two
    reports, and nothing that falls due in the holidays is first told when it is late. Nothing of a case that the reader is told
    nothing of stands in it; a board's numbers name no case, and are the same for all its members.
    """
    last = last_report(session, TOLD_BY[kind], reader.person_id, today, mailing_id)
    told_on, told = (last.on, last.told) if last else (today - TOLD_FIRST, None)
    without = cases_not_told_to(session, reader.person_id, today) if kind != BOARD_MONTH else ()
    of_reader = partial(trust_week, session, today, told_on, reader.schools, reads=READS.get(kind), told=told, without=without)
    if kind not in WEEKLY:
        return of_reader()
    soon = max(today + SOON, next_week_on(calendars_of_reader(session, kind, reader), today) - ONE_DAY)
    return of_reader(since=told_on, soon=soon)


def new_breaches(week: TrustWeek) -> int:
    """Breaches of schools and LAs that are new."""
    return sum(one.new_breaches for one in (*week.schools, *week.authorities))


def report_values(kind: str, week: TrustWeek, link: str) -> dict[str, object]:
    """What the templates `mailings/KIND.j2` say. A board's numbers are words: below five none stands alone. `since` and `due_by`: days that are
    named because the last report was not a week ago, or because it looks further than two; else None. `weeks`: it was longer ago."""
    places = (*week.schools, *week.authorities)
    told = (_for_a_board if kind == BOARD_MONTH else _as_it_is)(week)
    return {
        **told,
        "new_breaches": new_breaches(week),
        "newly_late": sum(one.newly_late for one in places),
        "put_right": sum(one.put_right for one in places),
        "since": week.since if week.since != week.on - A_WEEK else None,
        "weeks": week.since < week.on - A_WEEK,
        "due_by": week.soon if week.soon > week.on + SOON else None,
        "link": Markup(link),  # noqa: S704  our own address
    }


def _as_it_is(week: TrustWeek) -> dict[str, object]:
    return {"schools": list(week.schools), "authorities": [one if one.code else replace(one, name="No LA is recorded") for one in week.authorities]}


def _for_a_board(week: TrustWeek) -> dict[str, object]:
    return {"schools": [few_told(one) for one in week.schools], "authorities": [few_told(one) for one in week.authorities]}


def few_told(place: PlaceWeek) -> dict[str, str]:
    """A place as a board reads it: what is late now and was four weeks ago, and what is due; nothing that points at one child.

    What is late and what is due soon are parts of what is open, and apart from each other: where less than five would be left without those that are
    told, what is open is told as "5 or more", or the rest could be worked out.
    """
    numbers = {"open": place.open, "due_soon": place.due_soon, "overdue": place.overdue, "before": place.trend[-5]}
    told = {name: few(number) for name, number in numbers.items()}
    rest = place.open - sum(number for number in (place.due_soon, place.overdue) if number >= FEWEST)
    if place.open >= FEWEST and 0 < rest < FEWEST:
        told["open"] = f"{FEWEST} or more"
    return {"name": place.name or "No LA is recorded", **told}


def few(number: int) -> str:
    """`none`, `fewer than 5`, or the number."""
    return "none" if number == 0 else f"fewer than {FEWEST}" if number < FEWEST else str(number)


def _reader_of(session: Session, kind: str, person_id: int | None, today: date) -> ReportReader:
    readers: Collection[ReportReader] = report_readers(session, ROLES[kind], today)
    found = next((one for one in readers if one.person_id == person_id), None)
    if found is None:
        raise NobodyToWriteTo("no_reader")
    return found
