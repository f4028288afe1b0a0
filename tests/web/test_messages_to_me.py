"""What one of the staff was sent that holds several things: their own page shows it, and nobody else's does."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import select

from db.models import Case, Delivery, Mailing, Person
from notifications.channels import send
from notifications.message import Message
from notifications.sink import MailSink, kept_mails
from tests.db.ledger_story import day
from tests.web.site import Site


def test_my_morning_stands_among_my_messages_and_is_read_by_nobody_else(site: Site) -> None:
    site.review("Mia", "Morning")
    with site.engines.scheduler() as session:
        morning = Mailing(kind="morning", person_id=site.people[site.ash, "senco"], sent_for=day("2026-11-24"), state="accepted")
        silent = Mailing(kind="head_week", person_id=site.people[site.ash, "senco"], sent_for=day("2026-11-23"), state="superseded")
        session.add_all((morning, silent))
        session.flush()
        reference = morning.reference
    with MailSink(site.settings.folder / "mail", now=lambda: datetime(2026, 11, 24, 7, tzinfo=UTC)) as sink:
        mail = Message(to="senco.ash@school.example", subject=f"{reference}: your morning", html="<p>Two are late.</p>", reference=reference)
        assert send(mail, sink.url, "sendflow@example.org").state == "accepted"
    senco, head = site.client("senco"), site.client("headteacher")
    shown = senco.get("/messages").text
    link = re.search(r'href="(/messages/[^"]+)">Your morning</a>, Tuesday 24 November 2026: sent', shown)
    assert link and "The week of your school" not in shown
    assert "Two are late." in senco.get(link[1]).text
    assert "Your morning" not in head.get("/messages").text and head.get(link[1]).status_code == 404


def test_an_officers_list_is_read_by_whoever_reads_each_of_its_lines_and_offered_to_nobody_else(site: Site) -> None:
    cases = [site.review("Lea", "Lister"), site.review("Lou", "Lister"), site.review("Lyn", "Lister", site.birch)]
    ours, both = (_list_to_an_officer(site, f"{name}@la.example.org", of) for name, of in (("one", cases[:2]), ("two", cases[1:])))
    senco = site.client("senco")
    shown = senco.get("/messages").text
    link = re.search(rf'href="(/messages/[^"]+)">{ours}: two dates</a>', shown)
    assert link and "Their dates." in senco.get(link[1]).text
    assert both not in shown and cases[1] in shown, "its line stands there, and no mail that would not open"
    (other,) = (mail.id for mail in kept_mails(site.settings.folder / "mail") if mail.reference == both)
    assert senco.get(f"/messages/{other}").status_code == 404
    assert site.client("senco", site.birch).get(link[1]).status_code == 404


def _list_to_an_officer(site: Site, address: str, cases: list[str]) -> str:
    """A list that was sent, with a line of each of these cases; its reference."""
    with site.engines.scheduler() as session:
        officer = Person(kind="outside", given_name="Ola", family_name="Officer", email=address)
        session.add(officer)
        session.flush()
        made = Mailing(kind="list", person_id=officer.id, sent_for=day("2026-11-24"), state="accepted")
        session.add(made)
        session.flush()
        for case in session.scalars(select(Case).where(Case.ref.in_(cases))):
            session.add(_line(case, made))
        reference = made.reference
    with MailSink(site.settings.folder / "mail", now=lambda: datetime(2026, 11, 24, 7, tzinfo=UTC)) as sink:
        mail = Message(to=address, subject=f"{reference}: two dates", html="<p>Their dates.</p>", reference=reference)
        assert send(mail, sink.url, "sendflow@example.org").state == "accepted"
    return reference


def _line(case: Case, made: Mailing) -> Delivery:
    key = f"{case.ref}/{made.id}"
    return Delivery(
        case_id=case.id, school_id=case.school_id, seq=1, step="la_decision", party="", round=1, no=1, moment="rung", template="ladders/la_overdue",
        to_role="la", person_id=made.person_id, severity="late", may_be_twice=False, details="{}", reference=key, once_key=key, state="listed",
        mailing_id=made.id,
    )  # fmt: skip
