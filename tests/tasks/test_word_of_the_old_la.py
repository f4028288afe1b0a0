"""A day binds the LA that named it: the last one counts, wherever the word still waits, and a plan that has moved asks the new LA for its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from db.chase import sweep_all
from db.models import Pupil
from db.outbox import spread
from notifications.sink import KeptMail
from tasks.chase import chase
from tasks.mailings import send_lists
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.importing.small_files import imports
from tests.db.la_story import pupil_with_plan
from tests.db.ledger_story import day
from tests.db.waiting import until_it_waits
from tests.tasks.morning_post import MorningPost
from tests.tasks.test_la_lists import to
from tests.tasks.word_story import NEW_OFFICER, OFFICER, post_of_one_officer, review, says


@pytest.fixture(scope="module")
def post(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MorningPost]:
    with post_of_one_officer(postgres, tmp_path_factory.mktemp("post")) as opened:
        yield opened


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
