"""What one of the staff was sent that holds several things: their own page shows it, and nobody else's does."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from db.models import Mailing
from notifications.channels import send
from notifications.message import Message
from notifications.sink import MailSink
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
