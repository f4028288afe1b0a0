"""Whoever owes a step names a day: their own reminders rest, and nobody else's. A breach rises over their heads, and says what they said."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from db.chase import sweep_all
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.models import Pupil
from db.outbox import spread
from notifications.sink import KeptMail
from rules.history import Refused
from tasks.chase import chase
from tasks.mailings import send_lists
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.importing.small_files import imports
from tests.db.la_story import pupil_with_plan, reviewed
from tests.db.ledger_story import day
from tests.db.waiting import until_it_waits
from tests.tasks.morning_post import LIBRARY, MorningPost, post_of_its_own
from tests.tasks.test_la_lists import HEAD_OF_SERVICE, MAILBOX, MANAGER, to

TERMS = (("Autumn", date(2026, 9, 3), date(2026, 12, 18)), ("Spring", date(2027, 1, 5), date(2027, 3, 25)))
OFFICER, NEW_OFFICER = "officer@testshire.example", "officer@newshire.example"
PROFILE = f"""\
la: "001"
name: Testshire
mailbox: {MAILBOX}
officers:
  - {{name: Ana Officer, email: {OFFICER}}}
escalation:
  manager: {{name: Sam Manager, email: {MANAGER}}}
  head_of_service: {{name: Hal Head, email: {HEAD_OF_SERVICE}}}
"""
OVER_HIS_HEAD = "We have been told that it will be done by Monday 11 January 2027."


@pytest.fixture(scope="module")
def post(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MorningPost]:
    """A school whose council has one officer, with a manager and a head of service above them."""
    with post_of_its_own(postgres, tmp_path_factory.mktemp("post"), TERMS) as opened:
        with opened.parts.engines.scheduler() as session:
            load_profile(session, read_profile(PROFILE, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
        opened.is_now("2026-12-02")
        yield opened


def review(post: MorningPost, surname: str, meeting_on: str = "2026-11-05") -> str:
    """A review whose meeting was held: the LA's four weeks of 5 November end on 3 December."""
    return reviewed(post.village, pupil_with_plan(post.village, "Ada", surname), meeting_on=meeting_on)


def says(post: MorningPost, case: str, until: str) -> None:
    """The officer rang, and the SENCO records what they said."""
    ash = post.village
    ash.ledger.say(ash.senco, key=uuid4(), case=case, step="la_decision", word="will_be_by", until=day(until), on=post.clock.today())


def test_a_breach_rises_though_the_officer_has_named_a_day(post: MorningPost) -> None:
    promised, silent, alone = review(post, "Ashby"), review(post, "Birch"), review(post, "Cole", "2026-11-06")
    post.comes("2026-12-03")
    post.is_now("2026-12-03", 9)
    for case in (promised, alone):
        says(post, case, "2027-01-11")
    post.spread()
    mails = [mail for on in ("2026-12-04", "2026-12-10") for mail in post.comes(on)]
    (raised,) = to(mails, MANAGER)
    assert promised in raised.html and silent in raised.html
    assert words(raised).count(OVER_HIS_HEAD) == 1, "of the one about which something was said"
    assert not any(promised in mail.html for mail in to(mails, OFFICER)) and any(silent in mail.html for mail in to(mails, OFFICER))
    (letter,) = to(post.comes("2026-12-11"), MANAGER)
    assert alone in letter.html and f"as the authority's SEN manager, because it is late. {OVER_HIS_HEAD}" in words(letter)
    (higher,) = to(post.comes("2026-12-17"), HEAD_OF_SERVICE)
    assert promised in higher.html and silent in higher.html


def test_a_breach_that_waits_for_the_managers_list_is_not_laid_aside_by_the_officers_word(post: MorningPost) -> None:
    case = review(post, "Dale", "2026-11-13")
    post.is_now("2026-12-18", 6)  # a week after the LA's last day
    sweep_all(post.parts.engines, post.clock.today())
    post.spread()
    says(post, case, "2027-01-11")
    (raised,) = [mail for mail in to(post.comes("2026-12-18"), MANAGER) if case in mail.html]
    assert OVER_HIS_HEAD in words(raised)


def test_a_reminder_that_is_spread_together_with_the_word_rests_too(post: MorningPost) -> None:
    post.is_now("2026-12-18", 9)
    case = review(post, "Elms", "2026-11-20")  # due today
    assert sweep_all(post.parts.engines, post.clock.today()) > 0  # fired, and not yet spread
    says(post, case, "2027-01-08")
    post.spread()
    reminders = "SELECT template, state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND to_role = 'la' AND held_for = 'list'"
    assert [tuple(row) for row in post.village.rows(reminders, case)] == [("ladders/said_passed", "held")], "what asks on the day after"
    assert case not in "".join(mail.html for mail in to(post.comes("2026-12-21"), OFFICER))


def test_a_day_a_year_off_is_refused_wherever_it_is_said(post: MorningPost) -> None:
    case = review(post, "Firth", "2026-11-20")
    with pytest.raises(Refused, match="Name a day by"):
        says(post, case, "2027-11-30")


def test_the_day_that_the_old_la_named_binds_no_new_one(post: MorningPost) -> None:
    moved, stayed = review(post, "Gale", "2026-11-20"), review(post, "Holt", "2026-11-20")  # due on 18 December
    post.comes("2026-12-22")
    post.is_now("2026-12-22", 9)
    for case in (moved, stayed):
        says(post, case, "2027-01-29")
    post.spread()
    contacts = f"LA code,LA name,Contact name,Email,Role\n002,Newshire,New Officer,{NEW_OFFICER},SEN team\n"
    with post.parts.engines.scheduler() as session:
        session.execute(update(Pupil).where(Pupil.family_name == "Gale").values(mis_id="G1"))
    plans = "URN,Adno,LA code,Plan date\n900001,G1,002,2024-01-08\n"
    imports(post.village, today=post.clock.today(), la_contacts=contacts, plans=plans)
    mails = post.comes("2026-12-23")
    (asked,) = [mail for mail in to(mails, NEW_OFFICER) if moved in mail.html]
    assert "The authority before you had named a day for it. We ask you for yours." in words(asked)
    assert "29 January" not in words(asked) and "You told us" not in words(asked)
    late = [mail for on in ("2026-12-29", "2027-01-05", "2027-01-12") for mail in post.comes(on)]
    assert any(moved in mail.html for mail in to(late, NEW_OFFICER)), "reminders go on"
    assert not any(moved in mail.html or stayed in mail.html for mail in to(mails + late, OFFICER)), "theirs rest where the plan stayed"


def _moves(post: MorningPost, surname: str, code: str = "002") -> None:
    """The pupil's plan goes to Newshire, as the school's file says, or (`code`) to another LA."""
    contacts = f"LA code,LA name,Contact name,Email,Role\n002,Newshire,New Officer,{NEW_OFFICER},SEN team\n"
    with post.parts.engines.scheduler() as session:
        session.execute(update(Pupil).where(Pupil.family_name == surname).values(mis_id=surname))
    imports(post.village, today=post.clock.today(), la_contacts=contacts, plans=f"URN,Adno,LA code,Plan date\n900001,{surname},{code},2024-01-08\n")


def _asks_for_its_own_day(mails: list[KeptMail], case: str) -> bool:
    asked = [words(mail) for mail in to(mails, NEW_OFFICER) if case in mail.html]
    assert not any("You told us" in one for one in asked)
    return [one.count("The authority before you had named a day for it. We ask you for yours.") for one in asked] == [1]


def test_a_word_that_nothing_has_spread_when_the_plan_moves_binds_no_new_la(post: MorningPost) -> None:
    case = review(post, "Ivor", "2026-11-20")
    post.comes("2027-01-18", 9)
    says(post, case, "2027-01-29")  # and nothing spreads it: the automation is down
    _moves(post, "Ivor")
    assert _asks_for_its_own_day(post.comes("2027-01-19"), case)


def test_a_word_in_a_list_that_no_mail_server_took_binds_no_new_la(post: MorningPost) -> None:
    case = review(post, "Jarv", "2026-11-20")
    post.comes("2027-01-19", 9)
    says(post, case, "2027-01-20")
    post.is_now("2027-01-21")
    away = replace(post.parts, settings=post.parts.settings.model_copy(update={"mail_url": None}))
    chase(away, post.clock.today())
    send_lists(away, post.clock.now())
    assert _to_the_la(post, case)["ladders/said_passed"] == "listed"
    _moves(post, "Jarv")
    assert _asks_for_its_own_day(post.comes("2027-01-22"), case)


def _to_the_la(post: MorningPost, case: str) -> dict[str, str]:
    """What became of what the LA is told of the case, by its template; the newest of each."""
    rows = post.village.rows(
        "SELECT template, state FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND to_role = 'la' ORDER BY d.seq, d.id", case
    )
    return {row.template: row.state for row in rows}


def test_a_file_that_first_tells_the_las_name_moves_no_plan_and_the_word_stands(post: MorningPost) -> None:
    case = review(post, "Kain", "2026-11-20")
    post.comes("2027-01-22", 9)
    says(post, case, "2027-01-28")
    post.spread()
    post.village.rows("UPDATE pupils SET authority_id = NULL WHERE family_name = 'Kain' RETURNING id")  # known as the school's LA alone
    _moves(post, "Kain", "001")
    assert _to_the_la(post, case)["ladders/said_passed"] == "held"
    assert "ladders/plan_came" not in _to_the_la(post, case)


def test_of_two_words_spread_together_the_last_counts(post: MorningPost) -> None:
    case = review(post, "Kerr", "2026-11-20")
    post.comes("2027-01-25", 9)
    says(post, case, "2027-01-27")
    says(post, case, "2027-01-29")
    post.spread()
    asks = "SELECT owed_on FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE c.ref = %s AND template = %s AND state = 'held'"
    assert [row.owed_on for row in post.village.rows(asks, case, "ladders/said_passed")] == [day("2027-01-30")]


def test_what_is_spread_at_the_instant_of_the_word_rests_too(post: MorningPost) -> None:
    post.is_now("2027-01-26", 9)
    case = review(post, "Lowe", "2026-11-20")
    assert sweep_all(post.parts.engines, post.clock.today()) > 0  # fired, and not yet spread
    says(post, case, "2027-01-29")
    engines, now = post.parts.engines, post.clock.now()
    with ThreadPoolExecutor(1) as threads, engines.scheduler() as one:
        one.execute(text("SELECT FROM outbox WHERE messages LIKE '%\"rungs\"%' FOR UPDATE"))
        with engines.scheduler() as other:
            assert spread(other, now).rows  # the word; what it makes is not there yet for anybody else
            spreading = threads.submit(spread, one, now)
            until_it_waits(engines, 1)
        assert spreading.result().rows
    held = _to_the_la(post, case)
    assert len(held) > 1 and set(held.values()) >= {"held"}
    assert case not in "".join(mail.html for mail in to(post.comes("2027-01-27"), OFFICER))
    assert [name for name, state in _to_the_la(post, case).items() if state == "held"] == ["ladders/said_passed"]
