"""An absence and what is on its way: held lines follow whoever acts, and a deputy hears once that they were named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from db.absences import NewAbsence, say_away, take_back
from db.deliveries import mark_bounced
from db.handing_over import untold_in_time
from db.queries.absences import SaidAbsence
from notifications.sink import KeptMail
from tasks.deliver import deliver
from tests.acceptance.people import SENCO
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.ledger_story import day
from tests.tasks.morning_post import MorningPost, post_of_its_own

TEACHER = "teacher.ash@school.example"
TERMS = (("Autumn", date(2026, 9, 3), date(2026, 12, 18)), ("Spring", date(2027, 1, 5), date(2027, 3, 25)))
NAMED = "you stand in for somebody who is away"


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    with post_of_its_own(postgres, tmp_path, TERMS) as opened:
        yield opened


def says_away(post: MorningPost, from_on: str, to_on: str | None = None) -> SaidAbsence:
    """The SENCO is away, and the teacher stands in."""
    senco, teacher = post.village.senco.person_id or 0, post.village.teacher.person_id or 0
    with post.parts.engines.scheduler() as session:
        said = NewAbsence(senco, teacher, day(from_on), day(to_on) if to_on else None)
        return say_away(session, said, by=senco, today=post.clock.today(), now=post.clock.now())


def to(mails: list[KeptMail], address: str) -> list[KeptMail]:
    return [mail for mail in mails if mail.to == address and mail.reference.startswith("LIST-")]


def test_lines_held_before_an_absence_began_go_to_the_deputy_who_was_told_that_morning(post: MorningPost) -> None:
    case = post.review("2026-11-04")
    post.comes("2026-12-03", hour=20)
    assert ("senco", "held", "morning") in post.states(case, "senco"), "it waits for the SENCO's next morning"
    says_away(post, "2026-12-04")
    assert not to(post.comes("2026-12-03", hour=21), TEACHER), "nobody is written to at night"
    mails = post.comes("2026-12-04")
    assert to(mails, SENCO) == []
    told, morning = sorted(to(mails, TEACHER), key=lambda mail: NAMED not in mail.subject)
    assert NAMED in told.subject and "Senco Ash is away from Friday 4 December 2026 until further notice" in words(told)
    assert "you stand in as SENCO at Ash School" in words(told) and "Ash" not in told.subject
    assert case in morning.html and "(for Senco Ash, who is away)" in words(morning)
    assert post.village.ledger.verify() == []


def test_lines_held_for_the_deputy_go_back_to_whoever_has_returned(post: MorningPost) -> None:
    case = post.review("2026-11-04")
    post.is_now("2026-12-03", 6)
    says_away(post, "2026-12-03", "2026-12-03")
    post.comes("2026-12-03", hour=20)
    assert ("senco", "held", "morning") in post.states(case, "senco")
    mails = post.comes("2026-12-04")
    (mine,) = to(mails, SENCO)
    assert case in mine.html and "who is away" not in words(mine)
    assert not [mail for mail in to(mails, TEACHER) if case in mail.html] and not [mail for mail in to(mails, TEACHER) if NAMED in mail.subject]


def test_a_deputy_is_told_at_once_and_once_and_not_at_all_of_what_was_taken_back(post: MorningPost) -> None:
    post.comes("2026-12-03", hour=9)
    first = says_away(post, "2026-12-07", "2026-12-08")
    deliver(post.parts)
    mails = [mail for mail in post.sink.mails() if mail.to == TEACHER and NAMED in mail.subject]
    assert len(mails) == 1 and "from Monday 7 December 2026 to Tuesday 8 December 2026" in words(mails[0])
    with post.parts.engines.scheduler() as session:
        take_back(session, first.id, by=first.person_id, today=post.clock.today(), now=post.clock.now())
    assert not [mail for mail in post.comes("2026-12-04") if NAMED in mail.subject], "nothing a second time"
    second = says_away(post, "2026-12-07")
    with post.parts.engines.scheduler() as session:
        take_back(session, second.id, by=second.person_id, today=post.clock.today(), now=post.clock.now())
    deliver(post.parts)
    assert not [mail for mail in post.comes("2026-12-07") if NAMED in mail.subject]


def by_hand(post: MorningPost, said: SaidAbsence) -> str:
    """What whoever said it is told to do now."""
    with post.parts.engines.scheduler() as session:
        return untold_in_time(session, said, post.clock.now())


def takes_back(post: MorningPost, said: SaidAbsence) -> None:
    with post.parts.engines.scheduler() as session:
        take_back(session, said.id, by=said.person_id, today=post.clock.today(), now=post.clock.now())


def test_in_the_holidays_no_deputy_is_told_and_whoever_says_it_is_told_when_they_will_be(post: MorningPost) -> None:
    post.comes("2026-12-21", hour=9)
    first = says_away(post, "2026-12-22", "2026-12-23")
    over = "Teacher Ash is not told by mail, since the absence is over before the next school day, Tuesday 5 January 2027; tell them yourself."
    assert by_hand(post, first) == over
    takes_back(post, first)
    in_time = says_away(post, "2027-01-05", "2027-01-06")
    assert by_hand(post, in_time) == "", "the morning on which it begins is soon enough"
    takes_back(post, in_time)
    said = says_away(post, "2026-12-22")
    late = "Teacher Ash is told by mail on Tuesday 5 January 2027, the next school day; if they must act before then, tell them yourself."
    assert by_hand(post, said) == late
    deliver(post.parts)
    for on in ("2026-12-22", "2026-12-29", "2027-01-04"):
        post.comes(on)
    assert not [mail for mail in post.sink.mails() if NAMED in mail.subject], "the holidays"
    assert len([mail for mail in post.comes("2027-01-05") if NAMED in mail.subject]) == 1
    assert by_hand(post, said) == "", "now they know"


def test_in_the_evening_and_where_no_mail_reaches_a_deputy_whoever_says_it_is_told_so(post: MorningPost) -> None:
    post.is_now("2026-12-03", 17)
    said = says_away(post, "2026-12-03")
    assert by_hand(post, said) == "", "told at once"
    deliver(post.parts)
    takes_back(post, said)
    said = says_away(post, "2026-12-03")
    assert "is told by mail on Friday 4 December 2026" in by_hand(post, said), "they have had today's already"
    post.is_now("2026-12-03", 18)
    assert "is told by mail on Friday 4 December 2026" in by_hand(post, said)
    with post.parts.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE persons SET preferred_channel = 'phone' WHERE id = %s", (said.deputy_id,))
    assert by_hand(post, said) == "No mail reaches Teacher Ash; tell them yourself that they stand in."


def test_a_deputy_who_has_the_same_line_in_a_role_of_their_own_has_it_once(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    post.comes("2026-10-08", hour=20)
    assert post.states(case, "school") == [("school", "held", "morning")] * 4, "two messages: head and SENCO both speak for the school"
    senco, head = post.village.senco.person_id or 0, post.village.head.person_id or 0
    with post.parts.engines.scheduler() as session:
        say_away(session, NewAbsence(senco, head, day("2026-10-09")), by=senco, today=post.clock.today(), now=post.clock.now())
    mails = post.comes("2026-10-09")
    assert post.states(case, "school") == [("school", "listed", "morning")] * 2 and not to(mails, SENCO)
    assert [case in mail.html for mail in to(mails, "headteacher.ash@school.example")].count(True) == 1


def test_whoever_says_it_reads_that_the_mail_to_the_deputy_came_back(post: MorningPost) -> None:
    post.comes("2026-12-03", hour=9)
    said = says_away(post, "2026-12-07")
    deliver(post.parts)
    (mail,) = [mail for mail in post.sink.mails() if mail.to == TEACHER and NAMED in mail.subject]
    assert by_hand(post, said) == ""
    with post.parts.engines.scheduler() as session:
        assert mark_bounced(session, mail.reference, "mailbox_full")
    assert by_hand(post, said) == "No mail reaches Teacher Ash; tell them yourself that they stand in."
