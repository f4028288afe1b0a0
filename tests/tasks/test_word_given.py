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
IN_SPRING = date(2027, 4, 30)
OVER_HIS_HEAD = "We have been told that it will be done by Monday 11 January 2027."


@pytest.fixture(scope="module")
def post(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MorningPost]:
    """A school whose council has one officer, with a manager and a head of service above them."""
    with post_of_its_own(postgres, tmp_path_factory.mktemp("post"), TERMS) as opened:
        with opened.parts.engines.scheduler() as session:
            load_profile(session, read_profile(PROFILE, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
        opened.is_now("2026-12-02")
        yield opened


def review(post: MorningPost, surname: str, meeting_on: str = "2026-11-05", review_due_on: date = date(2026, 12, 18)) -> str:
    """A review whose meeting was held: the LA's four weeks of 5 November end on 3 December."""
    return reviewed(post.village, pupil_with_plan(post.village, "Ada", surname), meeting_on=meeting_on, review_due_on=review_due_on)


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


def test_what_everybody_else_is_told_is_true_while_an_officer_rests(post: MorningPost) -> None:
    post.is_now("2027-01-13", 9)
    promised, silent = (review(post, name, "2026-12-17", IN_SPRING) for name in ("Ives", "Jay"))  # due on Thursday 14 January
    says(post, promised, "2027-02-12")
    post.spread()
    mails = [mail for on in ("2027-01-14", "2027-01-15") for mail in post.comes(on, 9)]
    family = [mail for mail in mails if mail.to == "mother.ada@home.example"]
    told = {case: words(mail) for case in (promised, silent) for mail in family if mail.subject == f"{case}: the local authority is late"}
    assert "We have been told that it will be done by Friday 12 February 2027." in told[promised] and "asking" not in told[promised]
    assert "We are asking the local authority for a date." in told[silent] and "We have been told" not in told[silent]
    later = [mail for on in ("2027-01-29", "2027-02-26") for mail in post.comes(on, 9)]
    assert not any(mail.to == "mother.ada@home.example" and silent in mail.subject for mail in later)
    assert "We write to you again" not in told[silent], "what no rung of the ladder does is not promised"


def test_a_family_told_on_a_saturday_is_not_told_that_the_office_was_written_to_that_day(post: MorningPost) -> None:
    post.is_now("2027-03-04", 9)
    case = review(post, "Kerr", "2027-02-05", IN_SPRING)  # due on Friday 5 March
    post.comes("2027-03-05")
    (letter,) = [mail for mail in post.comes("2027-03-06", 9) if mail.subject == f"{case}: the local authority is late"]
    assert "We wrote to the local authority today" not in words(letter), "its list comes on Monday"


def test_a_first_letter_claims_no_reminder_before_it(post: MorningPost) -> None:
    post.comes("2027-05-10")
    post.is_now("2027-05-11", 6)  # recorded three weeks late: of its rungs the last alone is told
    case = review(post, "Lunn", "2027-03-25", IN_SPRING)
    mails = post.comes("2027-05-11")
    letters = [mail for who in (OFFICER, HEAD_OF_SERVICE) for mail in to(mails, who)]
    assert [mail.subject for mail in letters] == [f"{case}: a decision of yours is two weeks late or more"] * 2
    assert not any("We have reminded you before" in words(mail) for mail in letters)


def test_a_new_la_is_asked_whether_the_plan_has_come_and_not_for_a_day_to_transfer_it(post: MorningPost) -> None:
    ash = post.village
    post.is_now("2027-06-01", 9)
    facts = {"moves_on": day("2027-06-02"), "last_reviewed_on": day("2027-03-01"), "rights_held_by": "parent"}
    opening = {"process": "plan_moves_authority", "pupil_id": pupil_with_plan(ash, "Mo", "Mills"), "facts": facts, "on": day("2027-06-01")}
    case = ash.ledger.open_case(ash.senco, key=uuid4(), **opening).case
    ash.decide(case, "tell_old_la", "2027-06-01", old_la_knew_on=day("2027-05-20"))
    ash.ledger.say(ash.senco, key=uuid4(), case=case, step="la_transfers_plan", word="will_be_by", until=day("2027-06-30"), on=day("2027-06-01"))
    post.spread()
    with post.parts.engines.scheduler() as session:
        session.execute(update(Pupil).where(Pupil.family_name == "Mills").values(mis_id="M1"))
    contacts = f"LA code,LA name,Contact name,Email,Role\n002,Newshire,New Officer,{NEW_OFFICER},SEN team\n"
    imports(ash, today=post.clock.today(), la_contacts=contacts, plans="URN,Adno,LA code,Plan date\n900001,M1,002,2024-01-08\n")
    (asked,) = [mail for mail in to(post.comes("2027-06-02"), NEW_OFFICER) if case in mail.html]
    assert "on which day the plan came to you" in words(asked) and "We ask you for yours" not in words(asked)
