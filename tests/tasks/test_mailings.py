"""Lists and mornings as they come: one a reader and day, worst first, nothing twice, nothing at night, nothing lost (issue 6, points 2 and 4)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from db.absences import NewAbsence, say_away
from db.deliveries import mark_bounced
from db.heartbeats import beat
from db.postgres_process import free_port
from db.queries.inbox import due_between, overdue
from db.queries.messages import failed_messages, messages_of
from notifications.sink import KeptMail
from tasks.failure import TaskFailed
from tasks.mailings import send_lists
from tests.acceptance.people import COUNCIL, HEAD, SENCO
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.ledger_story import day
from tests.db.waiting import until_it_waits
from tests.tasks.morning_post import MorningPost, post_of_its_own

LA, TEACHER = COUNCIL["la"], "teacher.ash@school.example"
TERMS = (
    ("Autumn 1", date(2026, 9, 3), date(2026, 10, 23)),
    ("Autumn 2", date(2026, 11, 2), date(2026, 12, 18)),
    ("Spring", date(2027, 1, 5), date(2027, 2, 12)),
)


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    with post_of_its_own(postgres, tmp_path, TERMS) as opened:
        yield opened


def to(mails: list[KeptMail], address: str) -> list[KeptMail]:
    """The lists and mornings among the mails to that address; letters that go at once stand aside."""
    return [mail for mail in mails if mail.to == address and mail.reference.startswith("LIST-")]


def test_an_officer_has_one_list_the_worst_first_each_line_with_its_law_and_its_link(post: MorningPost) -> None:
    in_time, late, later = post.review("2026-11-05"), post.review("2026-11-04"), post.review("2026-11-03")
    mails = post.comes("2026-12-03")
    (listed,) = to(mails, LA)
    assert listed.reference.startswith("LIST-") and listed.subject.startswith(f"{listed.reference}: ") and "dates in our cases" in listed.subject
    decisions = [line for line in re.findall(r"<li>(.*?)</li>", listed.html, re.DOTALL) if "decision of yours" in line]
    assert [re.search(r"AR-\d+", line)[0] for line in decisions] == [later, late, in_time]
    assert "2 days late" in decisions[0] and "1 day late" in decisions[1] and "The last day is Thursday 3 December 2026" in decisions[2]
    assert all("reg 20(10)" in line and "AA, Ash School" in line and "/list/" in line for line in decisions)
    assert "Ada" not in listed.html, "an officer reads initials"
    assert Counter(mail.to for mail in mails if mail.reference.startswith("LIST-")).most_common(1)[0][1] == 1, "one message a reader"


def test_done_again_on_the_same_day_nobody_hears_twice_and_what_came_later_waits(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    assert to(post.comes("2026-12-03"), LA)
    assert send_lists(post.parts, post.clock.now()) == 0
    other = post.review("2026-11-05")
    assert not to(post.comes("2026-12-03", hour=15), LA), "one a day"
    assert ("la", "held", "list") in post.states(other)
    mails = post.comes("2026-12-04")
    assert len(to(mails, LA)) == 1 and other in to(mails, LA)[0].html and case in to(mails, LA)[0].html


def test_a_deadlock_costs_nobody_their_list(post: MorningPost, postgres: TestServer) -> None:
    case = post.review("2026-11-05")
    post.is_now("2026-12-03")
    away = replace(post.parts, settings=post.parts.settings.model_copy(update={"mail_url": None}))
    assert send_lists(away, post.clock.now())
    post.is_now("2026-12-04")
    with psycopg.connect(postgres.server.superuser_url(post.parts.engines.url.rsplit("/", 1)[1])) as rival, ThreadPoolExecutor(1) as threads:
        rival.execute("SET deadlock_timeout = '60s'")  # it looks so late that the morning is the loser
        rival.execute(
            "INSERT INTO mailings (kind, person_id, authority_id, sent_for) SELECT kind, person_id, authority_id, '2026-12-04' FROM mailings"
        )
        morning = threads.submit(send_lists, post.parts, post.clock.now())
        until_it_waits(post.parts.engines, 1)
        rival.execute("SELECT FROM mailings WHERE sent_for = '2026-12-03' FOR UPDATE")
        rival.rollback()
        assert morning.result()
    assert case in "".join(mail.html for mail in to(list(post.sink.mails()), LA))


def test_a_restart_of_the_database_at_seven_costs_nobody_their_list(post: MorningPost, postgres: TestServer) -> None:
    case = post.review("2026-11-05")
    post.is_now("2026-12-03")
    name = post.parts.engines.url.rsplit("/", 1)[1]
    with psycopg.connect(postgres.server.superuser_url(), autocommit=True) as server, ThreadPoolExecutor(1) as threads:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            morning = threads.submit(send_lists, post.parts, post.clock.now())
            wait([morning], timeout=0.3)
        finally:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert morning.result()
    assert case in "".join(mail.html for mail in to(list(post.sink.mails()), LA))


def test_a_chase_that_failed_this_morning_is_done_again_before_the_lists_are_made(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    post.is_now("2026-12-03", 6)
    with post.parts.engines.scheduler() as session:
        beat(session, "chase_deadlines", post.clock.now(), every_seconds=86_400, error_code="ledger.away")
    post.is_now("2026-12-03", 7)
    assert send_lists(post.parts, post.clock.now())
    assert case in "".join(mail.html for mail in to(list(post.sink.mails()), LA)), "the day's reminders are in the day's list"


def test_a_list_of_one_line_is_the_letter(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    post.comes("2026-11-24")
    (letter,) = to(post.comes("2026-11-26"), LA)
    assert letter.subject == f"{case}: a decision of yours is coming up" and letter.reference.startswith("LIST-")


def test_news_of_a_step_that_was_done_in_time_is_never_called_late(post: MorningPost) -> None:
    """It is told on the first morning after an outage, days after the one by which it was due."""
    post.is_now("2026-11-30")
    ash = post.village
    facts: dict[str, str | int] = {"asked_by": "parent", "year_group": 5, "rights_held_by": "parent"}
    opened = ash.ledger.open_case(ash.senco, key=uuid4(), process="ehc_needs_assessment", pupil_id=ash.pupil(), facts=facts, on=day("2026-11-30"))
    ash.decide(opened.case, "la_confirms_receipt", "2026-11-30", request_received_on=day("2026-11-30"))
    post.spread()
    (morning,) = to(post.comes("2026-12-18"), HEAD)
    new = morning.html.partition("New</h2>")[2].partition("<h2>")[0]
    (line,) = [one for one in re.findall(r"<li>(.*?)</li>", new, re.DOTALL) if "The LA confirms" in one]
    assert "the local authority has the request" in line and "late" not in line and "We hoped" not in line


def test_what_is_decided_before_the_list_goes_is_not_in_it(post: MorningPost) -> None:
    case, other = post.review("2026-11-05"), post.review("2026-11-05")
    post.comes("2026-12-03", hour=5)
    assert ("la", "held", "list") in post.states(case), "before seven nothing goes"
    post.village.ledger.interrupt(post.village.senco, key=uuid4(), case=case, name="moved_away", because="synthetic", on=day("2026-12-03"))
    (listed,) = to(post.comes("2026-12-03"), LA)
    assert other in listed.html and case not in listed.html


def test_staff_have_one_message_on_school_mornings_what_is_new_first(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    mails = to(post.comes("2026-12-04"), SENCO)
    assert len(mails) == 1 and "your morning" in mails[0].subject
    said = words(mails[0])
    assert said.index("New") < said.index(case) and "/cases/" + case in mails[0].html
    assert "the local authority is late" in said and "1 day late" in said


def test_the_morning_of_whoever_is_away_is_the_deputys_and_says_so(post: MorningPost) -> None:
    case, ash = post.review("2026-11-05"), post.village
    senco, teacher = ash.senco.person_id or 0, ash.teacher.person_id or 0
    post.is_now("2026-12-04", 6)
    with ash.engines.scheduler() as session:
        say_away(session, NewAbsence(senco, teacher, day("2026-12-04")), by=senco, today=day("2026-12-04"), now=post.clock.now())
    mails = post.comes("2026-12-04")
    assert to(mails, SENCO) == []
    (mine,) = [mail for mail in to(mails, TEACHER) if "your morning" in mail.subject]
    assert case in words(mine) and "(for Senco Ash, who is away)" in words(mine)


def test_nothing_goes_to_staff_or_officers_at_a_weekend_and_a_holiday_is_announced_before_it(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    post.comes("2026-10-21")
    (last,) = to(post.comes("2026-10-23"), SENCO)
    assert "Due before your school is open again" in words(last) and case in last.html, "advice goes round in the half term"
    for on in ("2026-10-24", "2026-10-25", "2026-10-28"):
        assert not to(post.comes(on), SENCO), f"{on} is no school day"
    assert not to(post.comes("2026-10-31"), LA)
    (back,) = to(post.comes("2026-11-02"), SENCO)
    assert "Late" in words(back) and case in back.html, "the first morning of a week tells what is late, though nothing is new"
    assert not to(post.comes("2026-11-03"), SENCO), "and the others do not"


def test_a_morning_whose_answer_was_lost_is_not_tried_again_in_the_holidays(post: MorningPost) -> None:
    post.review("2026-11-05")
    (last,) = to(post.comes("2026-10-23"), SENCO)
    lost = "UPDATE mailings SET state = 'handed_over', claimed_until = now() - interval '1 hour' WHERE id = %s"
    with post.parts.engines.scheduler() as session:
        session.connection().exec_driver_sql(lost, (int(last.reference.removeprefix("LIST-")),))
    assert not to(post.comes("2026-10-26"), SENCO), "a working day of the half term"
    with post.parts.engines.scheduler() as session:  # the database's own clock does not follow the test's
        assert session.connection().exec_driver_sql("UPDATE mailings SET next_try_at = now() WHERE state = 'owed' RETURNING id").all()
    assert "You may have had this message before." in words(next(mail for mail in post.comes("2026-11-02") if mail.reference == last.reference))


def test_families_hear_at_once_but_not_at_night(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    mother = "mother.ada@home.example"
    assert not [mail for mail in post.comes("2026-12-05", hour=6) if mail.to == mother], "it is six in the morning"
    assert {state for role, state, _ in post.states(case, "parent")} == {"owed"}
    with post.parts.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE deliveries SET next_try_at = now() WHERE state = 'owed'")
    assert [mail for mail in post.comes("2026-12-05", hour=9) if mail.to == mother], "a Saturday is a day like another for a family"


def test_after_a_week_without_a_mail_server_each_has_one_message_with_everything(post: MorningPost) -> None:
    cases = [post.review("2026-11-05"), post.review("2026-11-04")]
    post.parts.settings.mail_url = f"smtp://127.0.0.1:{free_port()}"  # nobody listens there
    for on in ("2026-12-03", "2026-12-04"):
        post.is_now(on)
        with pytest.raises(TaskFailed, match="server_not_reached"):
            send_lists(post.parts, post.clock.now())
    post.parts.settings.mail_url = post.sink.url
    (listed,) = to(post.comes("2026-12-07"), LA)
    assert all(case in listed.html for case in cases)
    assert listed.html.count("decision of yours is late") == 2 and "decision of yours is due" not in listed.html, (
        "of several reminders of a step the last"
    )


def test_the_senco_sees_the_lines_of_a_list_that_came_back(post: MorningPost) -> None:
    case = post.review("2026-11-05")
    (letter,) = to(post.comes("2026-12-03"), LA)
    with post.parts.engines.scheduler() as session:
        assert mark_bounced(session, letter.reference, "mailbox_full") and not mark_bounced(session, "LIST-999999", "x")
    with post.parts.engines.app([post.village.school_id]) as session:
        untold = [one for one in failed_messages(session) if one.case == case and one.to_role == "la"]
        assert untold and {one.where for one in untold} == {"came back: their mailbox is full: tell them yourself"}
        assert {one.reference for one in untold} == {letter.reference}
    with post.parts.engines.app([post.village.school_id + 1000]) as session:
        assert messages_of(session, case) == []
        assert session.connection().exec_driver_sql("SELECT count(*) FROM mailings").scalar_one() == 0


def test_what_is_past_our_own_target_is_due_on_its_day_of_law(post: MorningPost) -> None:
    """Advice asked for on 2 November: we wanted to send it by the 30th, the law gives until 14 December. In between it is due, and not "today"."""
    post.review("2026-11-05")
    case = advice_approved(post, "2026-11-02")
    (monday,) = to(post.comes("2026-12-07"), SENCO)
    sections = dict(re.findall(r"<h2>([^<]*)</h2>(.*?)(?=<h2>|<hr)", monday.html, re.DOTALL))
    assert ", 0 due today, " in monday.subject and "Due today" not in sections
    assert case in sections["Due in the next seven days"] and "The last day is Monday 14 December 2026" in sections["Due in the next seven days"]
    for on, soon, is_late in (("2026-11-30", 14, False), ("2026-12-01", 14, False), ("2026-12-14", 0, False), ("2026-12-15", 14, True)):
        with post.village.engines.app([post.village.school_id]) as session:
            coming = {row.case for row in due_between(session, day(on), day(on) + timedelta(days=soon), day(on)) if row.step == "send_advice"}
            late = {row.case for row in overdue(session, day(on)) if row.step == "send_advice"}
        assert (coming, late) == ((set(), {case}) if is_late else ({case}, set())), on


def advice_approved(post: MorningPost, asked_on: str) -> str:
    """The LA asked for our advice that day; it is written and approved, and not sent. Its reference."""
    place, facts = post.village, {"advice_asked_on": day(asked_on), "year_group": 4, "rights_held_by": "parent"}
    case = place.ledger.open_case(place.senco, key=uuid4(), process="advice_request", pupil_id=place.pupil(), facts=facts, on=day(asked_on)).case
    place.decide(case, "look_for_earlier_advice", "2026-11-03", "not_enough")
    for step in ("hear_pupil", "gather_evidence", "write_advice"):
        place.decide(case, step, "2026-11-10")
    place.decide(case, "approve_advice", "2026-11-11", "approved", by=place.head)
    return case
