"""Mail to an LA that has a profile: one list an officer and day, a breach to whom it rises, and papers where the LA wants them (issue 6, point 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest

from db.engine import Engines
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from notifications.sink import KeptMail
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.la_story import report_sent
from tests.db.ledger_story import day
from tests.tasks.morning_post import LIBRARY, MorningPost, morning_post

PROFILE = """\
la: "001"
name: Testshire
mailbox: sen@testshire.example
officers:
  - {name: Ana Early, email: a.k@testshire.example, for: {surnames: A to K}}
  - {name: Lee Late, email: l.z@testshire.example, for: {surnames: L to Z}}
escalation:
  manager: {name: Sam Manager, email: manager@testshire.example}
  head_of_service: {name: Hal Head, email: head@testshire.example}
send:
  - {process: annual_review, step: send_report, to: reviews@testshire.example}
"""
OFFICERS = ("a.k@testshire.example", "l.z@testshire.example")
MANAGER, HEAD_OF_SERVICE, REPORTS = "manager@testshire.example", "head@testshire.example", "reviews@testshire.example"
MAILBOX = "sen@testshire.example"


@pytest.fixture(scope="module")
def post(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MorningPost]:
    """A school whose council has a profile, and two reviews an officer, whose decisions are due on 1 and 2 December."""
    with postgres.database() as url:
        engines = Engines(url)
        with morning_post(engines, tmp_path_factory.mktemp("post"), (("Autumn", date(2026, 9, 3), date(2026, 12, 18)),)) as opened:
            with engines.scheduler() as session:
                load_profile(session, read_profile(PROFILE, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
            yield opened
        engines.dispose()


@pytest.fixture(scope="module")
def reviews(post: MorningPost) -> dict[str, str]:
    """References by surname."""
    found: dict[str, str] = {}
    for family, meeting_on in (("Ashby", "2026-11-03"), ("Birch", "2026-11-04"), ("Moss", "2026-11-03"), ("Oak", "2026-11-04")):
        pupil = post.village.pupil("Ada", family)
        found[family] = post.village.open(pupil_id=pupil, rights_held_by="parent", year_group=5, looked_after=False).case
        post.village.decide(found[family], "agree_meeting_date", "2026-09-20", meeting_on=day(meeting_on))
    return found


def to(mails: list[KeptMail], address: str, kind: str = "LIST-") -> list[KeptMail]:
    return [mail for mail in mails if mail.to == address and mail.reference.startswith(kind)]


def test_each_officer_has_one_list_of_their_own_pupils(post: MorningPost, reviews: dict[str, str]) -> None:
    mails = post.comes("2026-12-03")
    lists = [to(mails, officer) for officer in OFFICERS]
    assert [len(one) for one in lists] == [1, 1]
    assert [[case in one[0].html for case in reviews.values()] for one in lists] == [[True, True, False, False], [False, False, True, True]]
    assert "Dear Ana Early," in words(lists[0][0]) and "/list/" in lists[0][0].html
    assert not to(mails, MAILBOX) and not to(mails, "la@testshire.example"), "nobody else at the council is chased"


def test_a_breach_rises_to_the_manager_then_to_the_head_of_service_and_each_may_answer(post: MorningPost, reviews: dict[str, str]) -> None:
    week_after = post.comes("2026-12-09")
    (raised,) = to(week_after, MANAGER)
    assert all(case in raised.html for case in reviews.values()) and words(raised).count("(to you as SEN manager)") == len(reviews)
    assert to(week_after, OFFICERS[0]) and not to(week_after, HEAD_OF_SERVICE)
    two_weeks_after = post.comes("2026-12-15")
    (higher,) = to(two_weeks_after, HEAD_OF_SERVICE)
    assert "(to you as head of service)" in words(higher) and not to(two_weeks_after, MANAGER)
    assert "/list/" in higher.html and to(two_weeks_after, OFFICERS[1])


def test_whoever_was_told_of_a_breach_hears_that_its_date_has_moved(post: MorningPost, reviews: dict[str, str]) -> None:
    ash, case = post.village, reviews["Moss"]
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-18"), because="synthetic", on=day("2026-12-15"))
    mails = post.comes("2026-12-16")
    assert [[case in mail.html for mail in mails if mail.to == who].count(True) for who in (MANAGER, HEAD_OF_SERVICE)] == [1, 1]


def test_a_breach_alone_is_a_letter_that_says_as_whom_it_is_read(post: MorningPost) -> None:
    pupil = post.village.pupil("Zoe", "Zander")
    case = post.village.open(pupil_id=pupil, rights_held_by="parent", year_group=5, looked_after=False).case
    post.village.decide(case, "agree_meeting_date", "2026-09-20", meeting_on=day("2026-11-12"))
    (letter,) = to(post.comes("2026-12-17"), MANAGER)
    assert letter.subject == f"{case}: a decision of yours is late"
    assert "You have this as the authority's SEN manager, because it is late." in words(letter)
    assert "by which day it will be done" in words(letter) and "works once" not in words(letter)
    assert "/list/" in letter.html and "/l/" not in letter.html, "where a day can be named, and a file sent"


def test_the_report_goes_where_the_council_wants_reports(post: MorningPost, reviews: dict[str, str]) -> None:
    case, ash = reviews["Ashby"], post.village
    report_sent(ash, case, "2026-12-17")
    mails = post.comes("2026-12-17", hour=9)
    told = {mail.to: mail for mail in mails if mail.subject.startswith(case)}
    assert REPORTS in told and MAILBOX in told and not set(OFFICERS) & {mail.to for mail in mails}
    assert ash.ledger.verify() == []


def test_a_notice_goes_to_the_mailbox_and_an_officer_has_one_list_a_day_and_nothing_else(post: MorningPost, reviews: dict[str, str]) -> None:
    came = Counter((mail.to, mail.reference.startswith("LIST-")) for mail in post.sink.mails())
    assert [came[officer, False] for officer in OFFICERS] == [0, 0] and came[MAILBOX, False] >= len(reviews)
    assert all(came[officer, True] > 2 for officer in OFFICERS)


def test_an_officer_has_the_notices_where_the_council_wants_it_so(post: MorningPost) -> None:
    profile = PROFILE.replace("officers:", "notices: officer\nofficers:")
    with post.village.engines.scheduler() as session:
        load_profile(session, read_profile(profile, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
    pupil = post.village.pupil("Kit", "Kite")
    case = post.village.open(pupil_id=pupil, rights_held_by="parent", year_group=5, looked_after=False).case
    post.village.decide(case, "agree_meeting_date", "2026-12-17", meeting_on=day("2027-02-04"))
    told = {mail.to for mail in post.comes("2026-12-17", hour=10) if mail.subject.startswith(case)}
    assert OFFICERS[0] in told and MAILBOX not in told


def test_the_mailbox_hears_that_a_date_which_a_notice_told_it_has_moved(post: MorningPost) -> None:
    ash = post.village
    with ash.engines.scheduler() as session:
        load_profile(session, read_profile(PROFILE, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
    facts = {"moves_on": day("2027-01-22"), "last_reviewed_on": day("2026-09-01"), "rights_held_by": "parent"}
    moving = {"key": uuid4(), "process": "plan_moves_authority", "pupil_id": ash.pupil("Mo", "Mills"), "facts": facts}
    case = ash.ledger.open_case(ash.senco, **moving, on=day("2026-12-17")).case
    ash.decide(case, "tell_old_la", "2026-12-17", old_la_knew_on=day("2026-12-17"))
    (notice,) = to(post.comes("2026-12-17", hour=11), MAILBOX, case)
    assert "22 January 2027" in words(notice)
    because = "synthetic"
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="moves_on", value=day("2027-01-29"), because=because, on=day("2026-12-17"))
    (moved,) = [mail for mail in post.comes("2026-12-18") if mail.to == MAILBOX and case in mail.html]
    assert "29 January 2027" in words(moved)


def test_reminders_that_a_new_profile_moves_are_moved_by_the_next_morning_though_its_loader_died(post: MorningPost) -> None:
    ash, early = post.village, "lead_times:\n  - {process: annual_review, step: circulate_advice, by: 25 working days before meeting_on}\n"
    case = ash.open(pupil_id=ash.pupil("Lu", "Lark"), rights_held_by="parent", year_group=5, looked_after=False).case
    ash.decide(case, "agree_meeting_date", "2026-12-17", meeting_on=day("2027-02-04"))
    with ash.engines.scheduler() as session:  # and here the process ends, before any row is written anew
        load_profile(session, read_profile(PROFILE + early, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
    assert ash.open_rows(case)["circulate_advice"].lead_on is None
    post.comes("2026-12-21")
    assert ash.open_rows(case)["circulate_advice"].lead_on == date(2026, 12, 30) and ash.ledger.verify(case) == []


def test_where_an_officer_has_the_notices_a_date_that_moved_stops_nobodys_mail(post: MorningPost) -> None:
    ash, profile = post.village, PROFILE.replace("officers:", "notices: officer\nofficers:")
    with ash.engines.scheduler() as session:
        load_profile(session, read_profile(profile, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
    post.is_now("2026-12-21", 8)
    facts = {"moves_on": day("2027-01-22"), "last_reviewed_on": day("2026-09-01"), "rights_held_by": "parent"}
    moving = {"key": uuid4(), "process": "plan_moves_authority", "pupil_id": ash.pupil("Max", "Mason"), "facts": facts}
    case = ash.ledger.open_case(ash.senco, **moving, on=day("2026-12-21")).case
    ash.decide(case, "tell_old_la", "2026-12-21", old_la_knew_on=day("2026-12-21"))
    assert to(post.comes("2026-12-21", hour=9), OFFICERS[1], case)
    ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="moves_on", value=day("2027-01-29"), because="synthetic", on=day("2026-12-21"))
    (moved,) = [mail for mail in post.comes("2026-12-22") if mail.to == OFFICERS[1] and case in mail.html]
    assert "29 January 2027" in words(moved)
