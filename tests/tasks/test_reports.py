"""The trust's leaders are told: each Monday the week, on other days a breach that is new, nothing twice and nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from db.absences import NewAbsence, say_away
from db.engine import Engines
from db.models import Membership, School, SchoolClosure
from db.queries.trust_week import PlaceWeek
from notifications.compose_report import few, few_told
from notifications.sink import KeptMail
from tasks.escalate import read_week
from tasks.reports import send_reports
from tests.db.builders import staff
from tests.db.la_story import pupil_with_plan, reviewed
from tests.tasks.morning_post import MorningPost, morning_post

LEAD, HEAD, CHAIR = "lead.trust@school.example", "headteacher.ash@school.example", "chair.trust@school.example"


@pytest.fixture(scope="module")
def post(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MorningPost]:
    """One review whose LA is late since 3 December; the ladder calls it a breach from the 10th, a Thursday."""
    with morning_post(engines, tmp_path_factory.mktemp("post")) as opened:
        opened.is_now("2026-11-06")
        reviewed(opened.village, pupil_with_plan(opened.village, "Ada", "Ashby"))
        with engines.scheduler() as session:
            lead = staff(session, session.get_one(School, opened.village.school_id), "Lead", "Trust")
            session.add_all(Membership(person_id=lead.id, school_id=opened.village.school_id, role=role) for role in ("trust_send_lead", "ceo"))
            chair = staff(session, session.get_one(School, opened.village.school_id), "Chair", "Trust")
            session.add(Membership(person_id=chair.id, school_id=opened.village.school_id, role="governor"))
        yield opened


def told(post: MorningPost, on: str, hour: int = 7, to: str = LEAD) -> list[KeptMail]:
    """What somebody is sent that morning, the leaders if nobody is named."""
    before = {mail.id for mail in post.sink.mails()}
    post.is_now(on, hour)
    send_reports(post.parts, post.clock.now())
    return [mail for mail in post.sink.mails() if mail.id not in before and mail.to == to]


def test_a_year_of_mornings_in_two_weeks(post: MorningPost) -> None:
    (monday,) = told(post, "2026-12-07")
    assert monday.subject.endswith(": the trust's week: 0 new breaches, 1 newly late")
    assert told(post, "2026-12-07", 8) == []  # the same day again
    assert told(post, "2026-12-09") == []
    (thursday,) = told(post, "2026-12-10")
    assert thursday.subject.endswith(": 1 new breach in the trust")
    assert "Testshire" in thursday.html and "7 days, AR-000001, The LA decides" in thursday.html
    assert "Ada" not in thursday.html and "Ashby" not in thursday.html
    assert told(post, "2026-12-11") == []  # told once
    (next_monday,) = told(post, "2026-12-14")
    assert ": the trust's week: 1 new breach, 0 newly late" in next_monday.subject
    assert "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1" in next_monday.html


def test_a_bank_holiday_puts_the_week_off_to_the_next_working_day_and_a_weekend_says_nothing(post: MorningPost) -> None:
    assert told(post, "2026-12-19") == [] and told(post, "2026-12-20") == []
    assert len(told(post, "2026-12-21")) == 1
    assert told(post, "2026-12-28") == []  # Boxing Day's holiday, a Monday
    (tuesday,) = told(post, "2026-12-29")
    assert ": the trust's week:" in tuesday.subject


def test_what_no_mail_server_took_is_told_by_the_next_report(post: MorningPost) -> None:
    post.is_now("2027-01-04")
    silent = post.parts.settings.model_copy(update={"mail_url": None})
    send_reports(replace(post.parts, settings=silent), post.clock.now())
    (tuesday,) = told(post, "2027-01-05")
    assert ": the trust's week:" in tuesday.subject


def test_the_week_is_read_for_all_schools_without_a_name_of_a_person(post: MorningPost) -> None:
    post.is_now("2026-12-10")
    week = read_week(post.parts, post.clock.now())
    assert week.on == date(2026, 12, 10)
    assert [(one.code, one.new_breaches) for one in week.authorities] == [("001", 1)]


def test_a_head_has_the_schools_week_and_a_board_its_month_on_the_first_open_day_without_small_numbers(post: MorningPost) -> None:
    with post.parts.engines.scheduler() as session:
        session.add(SchoolClosure(school_id=post.village.school_id, first_on=date(2027, 2, 1), last_on=date(2027, 2, 1), reason="INSET"))
    assert told(post, "2027-01-31", to=HEAD) == told(post, "2027-02-01", to=HEAD) == []  # a Monday without school
    assert not [mail for mail in post.sink.mails() if mail.taken_at.startswith("2027-02-01")]
    (chair,) = told(post, "2027-02-02", to=CHAIR)
    assert chair.subject.endswith(": the month's SEND figures for the board")
    assert "<strong>Ash School</strong>: late now: fewer than 5; four weeks ago: fewer than 5." in chair.html
    assert "AR-0000" not in chair.html
    (head,) = (mail for mail in post.sink.mails() if mail.to == HEAD and mail.taken_at.startswith("2027-02-02"))
    assert ": your school's week: " in head.subject and "What your school owes" in head.html
    assert told(post, "2027-02-03", to=HEAD) == told(post, "2027-02-03", to=CHAIR) == []
    assert len(told(post, "2027-03-01", to=CHAIR)) == 1


def test_who_stands_in_for_a_head_reads_the_schools_week_and_the_head_the_next_one(post: MorningPost) -> None:
    head, teacher = post.village.head.person_id or 0, post.village.teacher.person_id or 0
    post.is_now("2027-03-05")
    with post.parts.engines.scheduler() as session:
        away = NewAbsence(head, teacher, date(2027, 3, 8), date(2027, 3, 12))
        say_away(session, away, by=head, today=date(2027, 3, 5), now=post.clock.now())
    (week,) = told(post, "2027-03-08", to="teacher.ash@school.example")
    assert ": your school's week: " in week.subject
    assert not [mail for mail in post.sink.mails() if mail.to == HEAD and mail.taken_at >= "2027-03-08"]
    assert len(told(post, "2027-03-15", to=HEAD)) == 1


def test_small_numbers_stand_in_no_boards_report() -> None:
    assert [few(number) for number in (0, 1, 4, 5, 12)] == ["none", "fewer than 5", "fewer than 5", "5", "12"]


@pytest.mark.parametrize(
    ("open_", "due_soon", "overdue", "told"),
    [
        (6, 3, 5, "5 or more"),  # 6 less 5 would leave one that is due, and it said "fewer than 5"
        (6, 5, 1, "5 or more"),
        (14, 5, 6, "5 or more"),  # three that are neither
        (11, 0, 11, "11"), (12, 2, 1, "12"), (30, 5, 6, "30"), (4, 1, 1, "fewer than 5"), (0, 0, 0, "none"),
    ],
)  # fmt: skip
def test_a_small_number_of_a_board_cannot_be_worked_out_from_the_others(open_: int, due_soon: int, overdue: int, told: str) -> None:
    place = PlaceWeek("school", 1, "Ash School", "900001", open_, due_soon, 0, overdue, 0, 0, 0, 0, None, (0,) * 13)
    said = few_told(place)
    assert said["open"] == told
    exact = {name: int(word) for name, word in said.items() if word.isdigit()}
    if "open" in exact:
        assert exact["open"] - sum(exact.get(name, 0) for name in ("due_soon", "overdue")) not in range(1, 5)
