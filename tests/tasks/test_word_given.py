"""Whoever owes a step names a day: their own reminders rest, and nobody else's. A breach rises over their heads, and says what they said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from db.chase import sweep_all
from rules.history import Refused
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.tasks.morning_post import MorningPost
from tests.tasks.test_la_lists import HEAD_OF_SERVICE, MANAGER, to
from tests.tasks.word_story import OFFICER, post_of_one_officer, review, says

IN_SPRING = date(2027, 4, 30)
OVER_HIS_HEAD = "We have been told that it will be done by Monday 11 January 2027."


@pytest.fixture(scope="module")
def post(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MorningPost]:
    with post_of_one_officer(postgres, tmp_path_factory.mktemp("post")) as opened:
        yield opened


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


def test_what_everybody_else_is_told_is_true_while_an_officer_rests(post: MorningPost) -> None:
    post.is_now("2027-01-13", 9)
    promised, silent = (review(post, name, "2026-12-17", IN_SPRING) for name in ("Ives", "Jay"))  # due on Thursday 14 January
    says(post, promised, "2027-02-12")
    post.spread()
    mails = [mail for on in ("2027-01-14", "2027-01-15") for mail in post.comes(on, 9)]
    family = [mail for mail in mails if mail.to == "mother.ada@home.example"]
    told = {case: words(mail) for case in (promised, silent) for mail in family if mail.subject == f"{case}: the local authority is late"}
    day_named, asked = "We have been told that it will be done by Friday 12 February 2027.", "We ask the local authority too, on its next working day"
    assert day_named in told[promised] and asked not in told[promised]
    assert asked in told[silent] and "We have been told" not in told[silent]
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
