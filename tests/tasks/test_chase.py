"""One morning of the trust: no case that cannot be worked keeps the others waiting, and what a reminder says of its day is so on that morning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from rules.values import Facts
from tasks.chase import chase
from tasks.failure import TaskFailed
from tasks.parts import make_parts
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.ledger_story import day
from tests.tasks.morning_post import MorningPost, post_of_its_own

WINDOW: Facts = {"decision": "no_plan", "decision_on": day("2026-09-01"), "rights_held_by": "parent"}


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    """A ledger of the test's own: a sweep takes whatever is due, of any case."""
    with post_of_its_own(postgres, tmp_path) as opened:
        yield opened


def test_a_case_that_cannot_be_counted_anew_keeps_no_other_window_open(post: MorningPost) -> None:
    broken, other = post.review("2026-11-20"), _window(post)
    with post.parts.engines.act_connection("sendflow_writer") as connection:  # what no act writes: a position that no program reads
        connection.execute("UPDATE cases SET position = '{', calendar_version = 'another' WHERE ref = %s", (broken,))
    post.is_now("2026-11-24")
    with pytest.raises(TaskFailed):
        chase(post.parts, post.clock.today())
    window = post.village.ledger.position(other)[1].instance("family_appeals")
    assert (window.status, window.outcome) == ("done", "no_word"), "the window of another child lapsed that morning all the same"


def test_a_morning_needs_no_second_connection_for_its_turn(post: MorningPost) -> None:
    window = _window(post)
    post.review("2026-11-20")
    narrow = make_parts(post.parts.settings.model_copy(update={"pool_size": 1}), post.parts.engines.url, pool_seconds=1)
    post.is_now("2026-11-24")
    chase(replace(narrow, clock=post.clock), post.clock.today())
    narrow.engines.dispose()
    assert post.village.ledger.position(window)[1].instance("family_appeals").status == "done"


def _window(post: MorningPost, facts: Facts = WINDOW, on: str = "2026-09-03") -> str:
    place = post.village
    opened = place.ledger.open_case(place.senco, key=uuid4(), process="tribunal_appeal", pupil_id=place.pupil(), facts=facts, on=day(on))
    return opened.case


def test_how_long_a_right_lasts_is_counted_on_the_day_the_letter_leaves(post: MorningPost) -> None:
    """The decision reached the school late: eleven days were left of "two weeks", and one of "three days"."""
    post.is_now("2026-11-20", 9)
    last: Facts = {"decision": "no_plan", "decision_on": day("2026-10-01"), "rights_held_by": "parent"}  # its last day is Tuesday 1 December
    _window(post, last, "2026-11-20")
    told = [words(mail) for on in ("2026-11-20", "2026-11-30") for mail in post.comes(on, hour=10) if "right of yours" in mail.subject]
    assert [text[text.index("The last day is") :][:59] for text in told] == [
        "The last day is Tuesday 1 December 2026. That is in 11 days",
        "The last day is Tuesday 1 December 2026. That is tomorrow. ",
    ]


def test_a_family_is_asked_for_its_views_and_told_of_no_day_that_binds_it(post: MorningPost) -> None:
    """After an outage the mother read "Due today" of a day that was over for weeks, of her own child by initials, and owed nothing."""
    post.review("2026-11-06")
    mails = [mail for mail in post.comes("2026-12-04", hour=9) if mail.subject.endswith("the day for your advice or views")]
    to_whom = {mail.to: words(mail) for mail in mails}
    hers, officers = to_whom.pop("mother.ada@home.example"), " ".join(to_whom.values())
    assert "You can still tell us what you think. You do not have to answer." in hers and "initials" not in hers and "Due" not in hers
    assert "We hoped to have it by Friday 16 October 2026." in officers and "today" not in officers and "the the" not in officers


def test_a_family_hears_what_is_so_of_an_authority_that_is_late(post: MorningPost) -> None:
    """It read that we had written to the authority "today": on a Saturday, and where the authority had named a day and was left alone until then."""
    promised, silent = post.review("2026-11-06"), post.review("2026-11-06")  # the authority's four weeks end on Friday 4 December
    place, until = post.village, day("2027-01-15")
    for case in (promised, silent):
        place.decide(case, "hold_meeting", "2026-11-06")
    post.comes("2026-12-04", hour=9)
    place.ledger.say(place.senco, key=uuid4(), case=promised, step="la_decision", word="will_be_by", until=until, on=post.clock.today())
    mails = {mail.subject[:9]: words(mail) for mail in post.comes("2026-12-05", hour=9) if mail.to == "mother.ada@home.example"}
    assert "We have been told that it will be done by Friday 15 January 2027. We ask the local authority again after Friday 15" in mails[promised]
    assert "We ask the local authority too, on its next working day at the latest" in mails[silent]
    assert not any("We wrote to" in text or "in two weeks" in text for text in mails.values()), "nor did anything come in two weeks"
    officers = [mail for mail in post.comes("2026-12-07") if mail.to == "la@testshire.example"]
    assert [(promised in mail.html, silent in mail.html) for mail in officers] == [(False, True)]


def test_the_last_day_of_a_right_is_that_of_the_day_the_letter_leaves(post: MorningPost) -> None:
    """The day on the authority's letter was put right before ours had left: it had the new day, and the last day that the wrong one gave. A decision
    that became known months later was told with a last day as if it were to come."""
    place = post.village
    waiting, late = post.review("2026-11-06"), post.review("2026-11-06")
    for case in (waiting, late):
        place.decide(case, "hold_meeting", "2026-11-06")
    post.is_now("2026-12-01", 9)
    place.decide(waiting, "la_decision", "2026-12-01", "maintain", decision_on=day("2026-11-20"))
    post.spread()
    put_right = {"fact": "decision_on", "value": day("2026-11-27"), "because": "misread", "on": post.clock.today()}
    place.ledger.correct(place.senco, key=uuid4(), case=waiting, **put_right)
    kept = "the plan stays as it is"
    (letter,) = [
        words(mail) for mail in post.comes("2026-12-02", hour=9) if mail.to.startswith("mother.") and waiting in mail.subject and kept in mail.subject
    ]
    assert "dated Friday 27 November 2026" in letter and "The last day to appeal is Wednesday 27 January 2027." in letter
    post.is_now("2027-03-01", 9)
    place.decide(late, "la_decision", "2027-03-01", "maintain", decision_on=day("2026-12-01"))
    (letter,) = [
        words(mail) for mail in post.comes("2027-03-01", hour=10) if mail.to.startswith("mother.") and late in mail.subject and kept in mail.subject
    ]
    assert "The last day to appeal was Monday 1 February 2027. It has passed." in letter and "ask the Tribunal to allow" in letter
