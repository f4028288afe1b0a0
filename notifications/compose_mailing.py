"""A list or a morning of the ledger to one message. A list of one line is that line's letter itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.handing_over import STANDING_IN
from db.links import Links
from db.list_links import ListLinks
from db.mailings import TEAMS, lines_of
from db.models import Delivery, Mailing, School, Trust
from db.redirect import put_back_kept_away
from db.reports import REPORTS
from notifications.compose import compose
from notifications.compose_report import compose_report
from notifications.letter import school_values
from notifications.lines import Line, line_of, newest_of_each_step, worst_first
from notifications.mailing_values import mailing_values
from notifications.message import Message, NothingToSay
from notifications.morning import sections
from notifications.reader import Reader, reader_in
from notifications.render import render
from notifications.standing_in import compose_standing_in
from notifications.teams_note import compose_note


def compose_mailing(session: Session, mailing: Mailing, *, origin: str, links: Links, lists: ListLinks, today: date) -> Message:
    """The message of `mailing`, its address looked up now. Needs a scheduler session: links may be made.

    Raises NobodyToWriteTo when mail does not reach the reader, NothingToSay, TemplateMissing when a line's text is not written.
    """
    if mailing.kind == TEAMS:
        return compose_note(session, mailing, origin=origin, today=today)
    if mailing.kind == STANDING_IN:
        return compose_standing_in(session, mailing, origin=origin, today=today)
    if mailing.kind in REPORTS:
        return compose_report(session, mailing, origin=origin, today=today)
    put_back_kept_away(session, mailing.id)
    deliveries = newest_of_each_step(lines_of(session, mailing))
    if mailing.kind == "list" and not deliveries:
        raise NothingToSay(mailing.reference)
    if mailing.kind == "list" and len(deliveries) == 1:
        page = _answer_all(mailing, deliveries, origin, lists)  # there a day can be named and a file sent, which a step's own page does not ask for
        letter = compose(session, deliveries[0], origin=origin, links=links, today=today, again=mailing.may_be_twice, answer_at=page)
        return replace(letter, reference=mailing.reference)
    reader = _reader(session, mailing, deliveries)
    lines = [_line(session, one, reader, origin, links, today) for one in deliveries]
    common = mailing_values(mailing, reader, today)
    if mailing.kind == "list":
        page = _answer_all(mailing, deliveries, origin, lists)
        placed = worst_first(_on_its_page(lines, deliveries, page))
        said: dict[str, object] = {"lines": placed, "schools": _schools(session, deliveries, today), "answer_all": page}
    else:
        said = {"new": lines, "trust": _trust(session), **sections(session, reader, origin, today)}
        if not any(said[name] for name in ("new", "due_today", "in_holiday", "this_week", "overdue", "waiting")):
            raise NothingToSay(mailing.reference)
    subject, html = render(f"mailings/{mailing.kind}", reader.role, {**common, **said})
    return Message(reader.email, subject, html, mailing.reference, mailing.may_be_twice)


def _on_its_page(lines: Sequence[Line], deliveries: Sequence[Delivery], page: Markup) -> list[Line]:
    """Each line that can be answered opens its own place on the page of its list, which can be answered again until the step is over."""
    both = zip(lines, deliveries, strict=True)
    return [replace(line, link=Markup(f"{page}#line-{one.id}")) if line.link else line for line, one in both]  # noqa: S704  our own link


def _answer_all(mailing: Mailing, deliveries: Sequence[Delivery], origin: str, lists: ListLinks) -> Markup:
    token = lists.make(mailing.id, frozenset(one.school_id for one in deliveries))
    return Markup(f"{origin.rstrip('/')}/list/{token}")  # noqa: S704  our own link: letters, digits and ._-/: only


def _reader(session: Session, mailing: Mailing, deliveries: Sequence[Delivery]) -> Reader:
    return reader_in(session, deliveries[0].to_role if deliveries else "", mailing.person_id, mailing.authority_id)


def _line(session: Session, delivery: Delivery, reader: Reader, origin: str, links: Links, today: date) -> Line:
    """Each line is written for the role in which it is told, and for whom its LA knows by the address: one reader may be told in several ways."""
    mine = replace(reader, role=delivery.to_role, person_id=delivery.person_id)
    return line_of(session, delivery, mine, origin=origin, links=links, today=today)


def _schools(session: Session, deliveries: Sequence[Delivery], today: date) -> list[dict[str, str]]:
    """The schools of the lines, each once, with whom to ask there."""
    asked = select(School.id).where(School.id.in_({one.school_id for one in deliveries})).order_by(School.name, School.id)
    return [school_values(session, school_id, today) for school_id in session.scalars(asked)]


def _trust(session: Session) -> str:
    return session.scalars(select(Trust.name).order_by(Trust.id)).first() or ""
