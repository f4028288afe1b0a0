"""A breach is new to a leader until a report has told it, whenever it began: entered late, put right, after an outage, to somebody new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from db.deliveries import mark_bounced
from db.models import Family, Mailing, Membership, Person, Pupil, School
from db.queries.trust_week import TrustWeek
from tasks.escalate import escalate
from tasks.failure import TaskFailed
from tasks.reports import send_reports
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.builders import staff
from tests.db.la_story import pupil_with_plan, reviewed
from tests.db.ledger_story import day
from tests.tasks.morning_post import MorningPost, post_of_its_own

LEAD, HEAD = "lead.ash@school.example", "headteacher.ash@school.example"


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    """A trust in which nothing is late on 14 December, when the week is told."""
    with post_of_its_own(postgres, tmp_path) as opened:
        assert told(opened, "2026-12-14") == ["the trust's week: 0 new breaches, 0 newly late"]
        yield opened


def told(post: MorningPost, on: str, to: str = LEAD, hour: int = 7) -> list[str]:
    """What somebody's reports of that morning say of themselves."""
    before = {mail.id for mail in post.sink.mails()}
    post.is_now(on, hour)
    send_reports(post.parts, post.clock.now())
    return [mail.subject.partition(": ")[2] for mail in post.sink.mails() if mail.id not in before and mail.to == to]


def breached(post: MorningPost, on: str, given: str, meeting_on: str = "2026-11-05", **facts: date) -> str:
    """A review that somebody enters on that afternoon; of a meeting on 5 November the LA's decision is a breach since 10 December."""
    post.is_now(on, 15)
    return reviewed(post.village, pupil_with_plan(post.village, given, "Ashby"), meeting_on=meeting_on, **facts)


def test_a_breach_that_is_entered_late_is_told_once_by_each_report(post: MorningPost) -> None:
    breached(post, "2026-12-14", "Ada")
    assert told(post, "2026-12-15") == ["2 new breaches in the trust"], "the LA's decision, and our report of the meeting"
    assert told(post, "2026-12-16") == []
    assert told(post, "2026-12-21") == ["the trust's week: 2 new breaches, 2 newly late"], "of the week that this week's days have told"
    assert told(post, "2026-12-22") == [] and told(post, "2026-12-29") == ["the trust's week: 0 new breaches, 0 newly late"]


def test_a_date_put_right_backwards_makes_a_new_breach_and_a_told_one_stays_told(post: MorningPost) -> None:
    case = breached(post, "2026-12-14", "Ada", meeting_on="2026-11-20")  # the LA's is due on 18 December, our report on the 4th
    assert told(post, "2026-12-15") == ["1 new breach in the trust"]
    post.is_now("2026-12-16", 15)
    post.village.ledger.correct(
        post.village.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-05"), because="a slip", on=day("2026-12-16")
    )
    assert told(post, "2026-12-17") == ["1 new breach in the trust"], "the LA's since the 10th"
    post.is_now("2026-12-17", 15)
    post.village.ledger.correct(
        post.village.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-04"), because="another", on=day("2026-12-17")
    )
    assert told(post, "2026-12-18") == []


def test_nothing_is_lost_by_a_week_without_mail(post: MorningPost) -> None:
    breached(post, "2026-12-14", "Ada")
    silent = replace(post.parts, settings=post.parts.settings.model_copy(update={"mail_url": None}))
    for on in ("2026-12-15", "2026-12-16", "2026-12-21"):
        post.is_now(on)
        send_reports(silent, post.clock.now())
    breached(post, "2026-12-21", "Ben")
    assert told(post, "2026-12-22") == ["the trust's week: 4 new breaches, 4 newly late"], "the week was never told, so its day is today"
    assert told(post, "2026-12-23") == []


def test_a_reader_who_is_new_reads_the_last_week_as_new_and_then_each_once(post: MorningPost) -> None:
    breached(post, "2026-12-14", "Ada")
    with post.parts.engines.scheduler() as session:
        person = staff(session, session.get_one(School, post.village.school_id), "Second", "Trust")
        session.add(Membership(person_id=person.id, school_id=post.village.school_id, role="trust_send_lead"))
    second = "second.trust@school.example"
    assert told(post, "2026-12-16", second) == ["the trust's week: 1 new breach, 0 newly late"], "the LA's since the 10th; ours since November"
    assert told(post, "2026-12-17", second) == []
    breached(post, "2026-12-17", "Ben")
    assert told(post, "2026-12-18", second) == ["2 new breaches in the trust"]


def test_a_report_of_before_kept_no_list_and_its_day_speaks(post: MorningPost) -> None:
    breached(post, "2026-12-14", "Ada")
    with post.parts.engines.scheduler() as session:
        person = session.scalars(select(Person.id).where(Person.given_name == "Lead")).one()
        session.add(Mailing(kind="trust_breaches", person_id=person, sent_for=date(2026, 12, 15), state="accepted"))
    assert told(post, "2026-12-16") == []
    breached(post, "2026-12-16", "Ben", meeting_on="2026-11-12")  # the LA's is a breach from the 17th
    assert told(post, "2026-12-17") == ["1 new breach in the trust"]


def test_what_became_late_is_new_in_one_report_however_soon_the_next_one_comes(post: MorningPost) -> None:
    """The LA's day was Monday 28 December, a bank holiday: the week came on Tuesday, and the next one six days later."""
    breached(post, "2026-12-14", "Ada", meeting_on="2026-11-30", review_due_on=date(2027, 1, 15))
    assert told(post, "2026-12-21")[0].endswith(" 1 newly late"), "our report of the meeting, due on the 14th"
    assert told(post, "2026-12-29")[0].endswith(" 1 newly late")
    assert told(post, "2027-01-04")[0].endswith(" 0 newly late")


def test_what_is_entered_late_is_newly_late_in_the_next_report_and_done_once(post: MorningPost) -> None:
    """Both by what the last report told and not by their day: it was written down days after."""
    case = breached(post, "2026-12-14", "Ada", meeting_on="2026-11-10")  # our report was due on the 24th; the LA's decision on the 8th, no breach yet
    (week,) = told(post, "2026-12-21")
    assert week.endswith(" 2 newly late")
    post.is_now("2026-12-21", 15)
    post.village.decide(case, "la_decision", "2026-12-18", "maintain", decision_on=date(2026, 12, 18))
    assert "1 step that was late was done since Monday 21 December 2026" in written(post, "2026-12-29")
    assert "was late was done" not in written(post, "2027-01-04")


def test_a_report_that_came_back_has_told_nothing(post: MorningPost) -> None:
    breached(post, "2026-12-14", "Ada")
    assert told(post, "2026-12-15") == ["2 new breaches in the trust"]
    with post.parts.engines.scheduler() as session:
        assert mark_bounced(session, next(mail.reference for mail in post.sink.mails() if mail.to == LEAD), "5.2.2")
    assert told(post, "2026-12-16") == ["2 new breaches in the trust"]
    assert told(post, "2026-12-17") == []


def test_a_report_sent_again_has_told_what_its_first_copy_told(post: MorningPost) -> None:
    """The server's answer was lost on Monday; a reader who has the first copy passes over the second, which says that it may be one."""
    post.village.rows("UPDATE mailings SET state = 'owed', may_be_twice = true WHERE kind = 'trust_week' RETURNING id")
    breached(post, "2026-12-14", "Ada")
    assert "2 new breaches in the trust" in told(post, "2026-12-15")
    assert told(post, "2026-12-16") == []


def test_what_prefect_does_not_take_leaves_nobody_untold(post: MorningPost) -> None:
    breached(post, "2026-12-14", "Ada")
    before = len(post.sink.mails())
    post.is_now("2026-12-15")
    with pytest.raises(TaskFailed):
        escalate(post.parts, post.clock.now(), _not_taken)
    assert len(post.sink.mails()) > before


def _not_taken(week: TrustWeek) -> None:
    raise ConnectionError("the Prefect server is away")


def test_nobody_reads_of_a_child_from_whom_an_order_keeps_them(post: MorningPost) -> None:
    """Not the case that is late the longest, and not its number: as in a morning."""
    kept = breached(post, "2026-12-14", "Ada", meeting_on="2026-11-04")
    other = breached(post, "2026-12-14", "Ben", meeting_on="2026-11-05")
    assert kept in written(post, "2026-12-21", HEAD)
    with post.parts.engines.scheduler() as session:
        pupil = session.scalars(select(Pupil.id).where(Pupil.given_name == "Ada")).one()
        person = session.scalars(select(Person.id).where(Person.email == HEAD)).one()
        session.add(Family(pupil_id=pupil, person_id=person, school_id=post.village.school_id, relationship="other", no_contact=True))
    report = written(post, "2026-12-29", HEAD)
    assert kept not in report and other in report and "2 breaches" not in report
    assert kept in written(post, "2027-01-04", LEAD)


def written(post: MorningPost, on: str, to: str = LEAD) -> str:
    """What the one report of that morning says to somebody."""
    before = {mail.id for mail in post.sink.mails()}
    post.is_now(on)
    send_reports(post.parts, post.clock.now())
    (mail,) = (one for one in post.sink.mails() if one.id not in before and one.to == to)
    return words(mail)
