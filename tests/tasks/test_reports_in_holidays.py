"""Reports keep the school holidays: what falls due in them is told before, what came in them on the first open day. Who asks has them there too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from db.models import Membership, School
from db.preferences import set_wants, wants_of
from notifications.sink import KeptMail
from tasks.reports import send_reports
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.builders import staff
from tests.db.la_story import pupil_with_plan, reviewed
from tests.tasks.morning_post import MorningPost, post_of_its_own

TERMS = (("Autumn", date(2026, 9, 3), date(2026, 12, 18)), ("Spring", date(2027, 1, 5), date(2027, 3, 25)))
LEAD, CEO, CHAIR, HEAD = ("lead.ash@school.example", "chief.trust@school.example", "chair.trust@school.example", "headteacher.ash@school.example")
ROLES = {"Chief": "ceo", "Chair": "governor"}


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    """The LA's decision on two reviews: of one late since 15 December and a breach from the 22nd, of the other due on the 31st. The chief executive
    asked for reports in the holidays, at an hour nobody chose before."""
    with post_of_its_own(postgres, tmp_path, TERMS) as opened:
        opened.is_now("2026-12-04")
        reviewed(opened.village, pupil_with_plan(opened.village, "Ada", "Ashby"), meeting_on="2026-11-17")
        reviewed(opened.village, pupil_with_plan(opened.village, "Ben", "Birch"), meeting_on="2026-12-03", review_due_on=date(2027, 1, 15))
        with opened.parts.engines.scheduler() as session:
            for given, role in ROLES.items():
                person = staff(session, session.get_one(School, opened.village.school_id), given, "Trust")
                session.add(Membership(person_id=person.id, school_id=opened.village.school_id, role=role))
                set_wants(session, person.id, 7, False, hosts=(), reports_in_holidays=True)  # the chair while they led the trust, before
                set_wants(session, person.id, 8, False, hosts=())
                if role == "ceo":
                    assert wants_of(session, person.id).reports_in_holidays, "who was not asked again has it as before"
        yield opened


def came(post: MorningPost, on: str) -> dict[str, KeptMail]:
    """What came that morning, by reader: one report each, but the board's."""
    before = {mail.id for mail in post.sink.mails()}
    post.is_now(on)
    send_reports(post.parts, post.clock.now())
    return {mail.to: mail for mail in post.sink.mails() if mail.id not in before}


def test_a_holiday_is_kept_announced_before_and_told_after(post: MorningPost) -> None:
    before = came(post, "2026-12-14")  # the last Monday of term: the next one with school is in January
    assert set(before) == {LEAD, CEO, CHAIR, HEAD}
    assert "Testshire (001): 2 open, 2 due by Monday 4 January 2027, before the schools are open again, 0 late" in words(before[LEAD])
    assert "2 due by Monday 4 January 2027, before school is open again" in words(before[HEAD])
    assert "Testshire (001): 2 open, 1 due in the next 14 days, 0 late" in words(before[CEO])

    in_holidays = {on: came(post, on) for on in ("2026-12-19", "2026-12-21", "2026-12-22", "2026-12-28", "2026-12-29", "2027-01-04")}
    assert [on for on, mails in in_holidays.items() if mails] == ["2026-12-21", "2026-12-22", "2026-12-29", "2027-01-04"]
    assert {reader for mails in in_holidays.values() for reader in mails} == {CEO}, "who asked has them, but at no weekend and on no bank holiday"
    assert in_holidays["2026-12-22"][CEO].subject.endswith(": 2 new breaches in the trust"), "the LA's, and a report of ours"

    after = came(post, "2027-01-05")
    assert set(after) == {LEAD, CHAIR, HEAD}
    assert after[LEAD].subject.endswith(": the trust's week: 2 new breaches, 3 newly late"), "those of both weeks of the holiday"
    assert "the trust's weeks from Monday 14 December 2026 to Tuesday 5 January 2027" in words(after[LEAD])
    assert "Testshire: 1 new breach, 2 newly late since Monday 14 December 2026" in words(after[LEAD]) and "due in the next 14 days" in words(
        after[LEAD]
    )
    assert "your school's weeks from Monday 14 December 2026" in words(after[HEAD])
    assert after[CHAIR].subject.endswith(": the month's SEND figures for the board")
    assert came(post, "2027-01-06") == {}, "nothing twice"
