"""The rights pass to the young person in the middle of a case (CFA 2014 s.83(2)): the SENCO is given the correction to make, and is asked again.

Born on 1 March 2010: compulsory school age ends on Friday 26 June 2026, and 29 June is a Monday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from db.ledger import Actor, NotAllowed
from db.links_held import links_held
from db.models import Family, Person
from db.queries.rights import rights_passed
from db.rights_told import tell_rights_passed
from rules.values import Facts
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.ledger_story import day
from tests.tasks.morning_post import LIBRARY, MorningPost, post_of_its_own
from web.app import create_app

SAID = "the rights are the young person’s now"


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    with post_of_its_own(postgres, tmp_path) as opened:
        opened.is_now("2026-06-01")
        yield opened


def opened_as_a_childs(post: MorningPost, born: str = "2010-03-01") -> str:
    """A review of a pupil in Year 11, opened on 1 June while the rights were the parents'."""
    village = post.village
    pupil = village.pupil("Cat", "Sixteen")
    with village.engines.scheduler() as session:
        session.execute(text("UPDATE pupils SET born_on = :born, year_group = 11 WHERE id = :pupil"), {"born": day(born), "pupil": pupil})
    return village.open("2026-06-01", pupil_id=pupil, review_due_on=day("2026-08-31"), rights_held_by="parent", year_group=11).case


def told(post: MorningPost, on: str) -> list[str]:
    """The mornings of that day which say so."""
    return [mail.html for mail in post.comes(on) if SAID in mail.text]


def waiting(post: MorningPost) -> list[str]:
    """The cases that stand on *My actions*."""
    with post.parts.engines.scheduler() as session:
        return [one.case for one in rights_passed(session, post.clock.today())]


def says(post: MorningPost, case: str, holder: str) -> None:
    """The SENCO corrects who holds the rights, or says that it stays so."""
    post.village.ledger.correct(
        post.village.senco, key=uuid4(), case=case, fact="rights_held_by", value=holder, because="we have talked", on=post.clock.today()
    )


def test_the_senco_is_told_on_the_first_morning_and_again_each_week_until_it_is_corrected(post: MorningPost) -> None:
    case = opened_as_a_childs(post)
    assert told(post, "2026-06-26") == [] and waiting(post) == [], "the last day of compulsory school age"
    (said,) = told(post, "2026-06-29")
    assert f"/cases/{case}/correct/rights_held_by" in said and waiting(post) == [case]
    with post.parts.engines.scheduler() as session:
        assert tell_rights_passed(session, post.clock.today()) == 0, "once"
    assert told(post, "2026-06-30") == [] and len(told(post, "2026-07-06")) == 1
    says(post, case, "young_person")
    assert waiting(post) == [] and told(post, "2026-07-13") == []


def test_what_a_case_hands_on_after_the_day_is_asked_about_too(post: MorningPost) -> None:
    """Nobody has corrected the review; the plan is to cease, and the appeal is opened as the parents'."""
    case = opened_as_a_childs(post)
    post.village.decide(case, "agree_meeting_date", "2026-06-01", meeting_on=day("2026-07-02"))
    post.is_now("2026-07-30")
    post.village.decide(case, "hold_meeting", "2026-07-02")
    post.village.decide(case, "la_decision", "2026-07-28", "cease", decision_on=day("2026-07-28"))
    appeal = next(row.ref for row in post.village.rows("SELECT ref FROM cases WHERE ref LIKE 'TA%%'"))
    assert waiting(post) == [case, appeal]
    says(post, appeal, "young_person")
    assert waiting(post) == [case] and post.village.open_rows(appeal)["family_appeals"].owner == "young_person"


def test_that_the_parents_go_on_holding_them_is_a_word_too(post: MorningPost) -> None:
    """A young person who cannot decide for themselves: said once, with its reason, and not asked again in that case."""
    case = opened_as_a_childs(post)
    post.is_now("2026-06-29")
    assert waiting(post) == [case]
    says(post, case, "parent")
    assert waiting(post) == [] and post.village.ledger.position(case)[1].facts["rights_held_by"] == "parent"
    assert post.village.ledger.verify(case) == []


def test_nothing_is_said_of_a_child_of_an_adult_of_25_or_of_a_case_that_has_ended(post: MorningPost) -> None:
    opened_as_a_childs(post, "2011-03-01")
    opened_as_a_childs(post, "2001-03-01")
    over = opened_as_a_childs(post)
    post.village.ledger.interrupt(post.village.senco, key=uuid4(), case=over, name="opened_in_error", because="twice", on=day("2026-06-01"))
    post.is_now("2026-06-29")
    assert waiting(post) == []


def test_an_open_right_is_told_to_the_young_person_the_day_it_becomes_theirs_and_the_parents_link_ends(post: MorningPost) -> None:
    """The last day of an appeal ran on, and the young person heard of it two weeks before it; the mother's link still appealed for them."""
    place, mother, cat = post.village, "mother.cat@home.example", "cat@home.example"
    pupil = place.pupil("Cat", "Sixteen")
    with place.engines.scheduler() as session:
        session.execute(text("UPDATE pupils SET born_on = '2010-03-01', year_group = 11 WHERE id = :pupil"), {"pupil": pupil})
        person = Person(kind="family", given_name="Cat", family_name="Sixteen", email=cat, school_ids=[place.school_id])
        session.add(person)
        session.flush()
        session.add(Family(pupil_id=pupil, person_id=person.id, school_id=place.school_id, relationship="self"))
    facts: Facts = {"decision": "no_plan", "decision_on": day("2026-05-29"), "rights_held_by": "parent"}
    opening = {"key": uuid4(), "process": "tribunal_appeal", "pupil_id": pupil, "facts": facts}
    appeal = place.ledger.open_case(place.senco, **opening, on=day("2026-06-01")).case
    (hers,) = [mail for mail in post.comes("2026-06-01", hour=10) if mail.to == mother]
    post.is_now("2026-06-29", 9)
    says(post, appeal, "young_person")
    (told,) = [mail for mail in post.comes("2026-06-29", hour=10) if mail.to == cat]
    assert "The last day to appeal is Wednesday 29 July 2026." in words(told) and "/l/" in told.html
    console = TestClient(create_app(post.parts.settings, place.engines, post.clock, LIBRARY, place.ledger), base_url="http://127.0.0.1:8000")
    hers_now, theirs = (console.get(path) for mail in (hers, told) for path in re.findall(r'href="http://127.0.0.1:8000(/l/[^"]+)"', mail.html))
    assert "is with somebody else now" in hers_now.text and theirs.status_code == 200
    with place.engines.scheduler() as session:
        assert {one.role: one.works for one in links_held(session, appeal, post.clock.today())} == {"parent": False, "young_person": True}
    holder = {row.to_role: row for row in place.rows("SELECT l.* FROM links l JOIN cases c ON c.id = l.case_id WHERE c.ref = %s", appeal)}
    by_her = Actor(holder["parent"].person_id, frozenset({place.school_id}), "link", holder["parent"].id, "parent")
    with pytest.raises(NotAllowed):
        place.decide(appeal, "family_appeals", "2026-06-29", "appealed", by=by_her, appealed_on=day("2026-06-28"))
    for holds in ("parent", "young_person"):
        says(post, appeal, holds)
    assert [mail for mail in post.comes("2026-06-30", hour=10) if mail.to in (mother, cat)] == [], "each has had it"
