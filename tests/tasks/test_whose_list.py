"""A list whose lines are not all its reader's any more, and reminders of a step whose link the school has withdrawn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.acts.actor import Actor
from db.acts.request import request as act_request
from db.acts.together import RefusedInList
from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from db.links import LinkRefused, Links
from db.links_held import allow_again, links_held, withdraw_link
from db.list_links import ListLine, ListLink, ListLinks
from db.models import Authority, Family
from db.queries.case_page import case_page
from db.signing_key import signing_keys
from notifications.sink import KeptMail
from rules.explain import in_full
from rules.history import Event
from tests.acceptance.people import COUNCIL
from tests.acceptance.trust_at_work import words
from tests.databases import TestServer
from tests.db.la_story import pupil_with_plan, reviewed
from tests.db.ledger_story import day
from tests.tasks.morning_post import LIBRARY, MorningPost, post_of_its_own

LA = COUNCIL["la"]
TERMS = (("Autumn", date(2026, 9, 3), date(2026, 12, 18)), ("Spring", date(2027, 1, 5), date(2027, 3, 25)))


@pytest.fixture
def post(postgres: TestServer, tmp_path: Path) -> Iterator[MorningPost]:
    with post_of_its_own(postgres, tmp_path, TERMS) as opened:
        yield opened


def list_of(mails: list[KeptMail]) -> KeptMail:
    (listed,) = [mail for mail in mails if mail.to == LA and mail.reference.startswith("LIST-")]
    return listed


def opened(post: MorningPost, mail: KeptMail) -> ListLink:
    found = re.search(r"/list/([\w.\-]+)", mail.html)
    assert found is not None
    return ListLinks(signing_keys(post.parts.settings)).read(post.parts.engines, found[1], post.clock.today())


def answers(post: MorningPost, line: ListLine) -> None:
    """What the page sends for a line that stood on it when it was opened."""
    with post.parts.engines.scheduler() as session:
        number = ListLinks(signing_keys(post.parts.settings)).link_of(session, line, date(2027, 2, 1))
    actor = Actor(line.person_id, frozenset({line.school_id}), "link", number, line.role)
    said = Event("say", post.clock.today(), line.person_id, line.step, line.party, name="will_be_by", review_on=date(2026, 12, 11))
    post.village.ledger.answer_together([(actor, act_request(uuid4(), line.case, said, round=line.round))])


def pupil_of(post: MorningPost, case: str) -> int:
    return int(post.village.rows("SELECT pupil_id FROM cases WHERE ref = %s", case)[0].pupil_id)


def test_a_line_about_a_child_from_whom_an_order_keeps_the_officer_is_gone_from_the_page(post: MorningPost) -> None:
    child, other = post.review("2026-11-04"), post.review("2026-11-05")
    mail = list_of(post.comes("2026-12-04"))
    before = {line.case: line for line in opened(post, mail).lines if line.step == "la_decision"}
    with post.parts.engines.scheduler() as session:
        officer = before[child].person_id
        about = {"pupil_id": pupil_of(post, child), "person_id": officer, "school_id": post.village.school_id}
        session.add(Family(**about, relationship="father", parental_responsibility=True, no_contact=True))
    page = opened(post, mail)
    assert {line.case for line in page.lines} == {other} and before[child].id in page.elsewhere
    with pytest.raises(RefusedInList, match="somebody else now"):
        answers(post, before[child])
    answers(post, before[other])
    with post.parts.engines.scheduler() as session:  # they said a day: the page would take another one, with a link of its own
        (used,) = [one for one in links_held(session, other, post.clock.today()) if one.step == "la_decision"]
        assert used.used and not used.works
        withdraw_link(session, other, used.id, by=post.village.senco.person_id or 0, now=post.clock.now())
    assert [(line.open, line.withdrawn) for line in opened(post, mail).lines if line.step == "la_decision"] == [(False, True)]


def test_a_line_about_a_pupil_whose_plan_has_moved_is_with_another_authority(post: MorningPost) -> None:
    moved, stays = post.review("2026-11-04"), post.review("2026-11-05")
    mail = list_of(post.comes("2026-12-04"))
    before = {line.case: line for line in opened(post, mail).lines if line.step == "la_decision"}
    with post.parts.engines.scheduler() as session:
        other = Authority(code="777", name="Othershire", sen_email="sen@othershire.example")
        session.add(other)
        session.flush()
        move = text("UPDATE pupils SET authority_id = :other WHERE id = :pupil")
        session.execute(move, {"other": other.id, "pupil": pupil_of(post, moved)})
    page = opened(post, mail)
    assert {line.case for line in page.lines} == {stays} and page.ask == "Ash School"
    with pytest.raises(RefusedInList, match="somebody else now"):
        answers(post, before[moved])
    with post.parts.engines.scheduler() as session:
        session.execute(text("UPDATE pupils SET authority_id = :other"), {"other": other.id})
    with pytest.raises(LinkRefused) as caught:
        opened(post, mail)
    assert caught.value.reason == "with_another" and "Ask Ash School" in caught.value.message and stays not in caught.value.message


def test_a_step_of_a_complaint_stands_on_the_page_as_it_stands_in_the_mail(post: MorningPost) -> None:
    facts = {"received_on": day("2026-11-20"), "made": "in_writing", "about": "provision", "serious_about_provision": True}
    review, ledger = post.review("2026-11-03"), post.village.ledger
    opening = {"process": "complaint", "pupil_id": post.village.pupil(), "facts": facts, "on": day("2026-11-24")}
    complaint = ledger.open_case(post.village.senco, key=uuid4(), **opening).case
    ledger.decide(post.village.software, key=uuid4(), case=complaint, step="contact_la", on=day("2026-11-24"))
    mail = list_of(post.comes("2026-12-01"))
    assert complaint in mail.html and review in mail.html
    page = opened(post, mail)
    (line,) = [line for line in page.lines if line.case == complaint]
    assert line.open and {one.case for one in page.lines} == {complaint, review}
    with post.parts.engines.app(page.scope) as session:
        assert case_page(session, complaint, post.clock.today()) is not None, "the page shows what the line asks for"
    answers(post, line)


def test_a_withdrawn_link_comes_with_no_reminder_until_it_is_allowed_again(post: MorningPost) -> None:
    case = post.review("2026-11-04")
    links = Links(signing_keys(post.parts.settings))

    def steps_linked(on: str) -> tuple[set[str], str]:
        mails = [mail for mail in post.comes(on) if mail.to == LA and case in mail.html]
        tokens = {token for mail in mails for token in re.findall(r"/l/([\w.\-]+)", mail.html)}
        steps = {links.read(post.parts.engines, token, day(on)).step for token in tokens}
        pages = [opened(post, mail) for mail in mails if "/list/" in mail.html]
        steps |= {line.step for page in pages for line in page.lines if line.open and line.case == case}
        return steps, " ".join(words(mail) for mail in mails)

    assert "la_decision" in steps_linked("2026-12-03")[0]
    with post.parts.engines.scheduler() as session:
        (one,) = [one for one in links_held(session, case, day("2026-12-03")) if one.step == "la_decision"]
        assert one.works and one.reader == "La Oak"
        withdraw_link(session, case, one.id, by=post.village.senco.person_id or 0, now=post.clock.now())
    steps, told = steps_linked("2026-12-10")
    assert "la_decision" not in steps and "The school has withdrawn your link to this step" in told
    with post.parts.engines.scheduler() as session:
        allow_again(session, case, one.id, by=post.village.senco.person_id or 0, now=post.clock.now())
    later = [steps_linked(on) for on in ("2026-12-17", "2026-12-18", "2027-01-05")]
    assert any("la_decision" in steps for steps, _ in later) and not any("withdrawn" in told for _, told in later)


def test_a_list_of_dates_that_moved_asks_for_no_answer(post: MorningPost) -> None:
    ash = post.village
    cases = [reviewed(ash, pupil_with_plan(ash, name, "Ashby"), meeting_on=on) for name, on in (("Ada", "2026-11-04"), ("Bea", "2026-11-05"))]
    mail = list_of(post.comes("2026-12-03"))
    assert opened(post, mail).lines, "one is due, the other late"
    post.is_now("2026-12-03", 9)
    for case in cases:
        ash.ledger.correct(ash.senco, key=uuid4(), case=case, fact="meeting_on", value=day("2026-11-18"), because="synthetic", on=day("2026-12-03"))
    moved = list_of(post.comes("2026-12-04"))
    assert words(moved).count("dates that we told you have moved") == len(cases)
    assert "/list/" not in moved.html and "please tell us" not in words(moved), "nothing on it is theirs to answer"


def test_an_officer_of_two_authorities_whose_address_is_a_mailbox_too_has_one_list(post: MorningPost) -> None:
    profile = (
        "la: '{code}'\nname: {name}\nmailbox: {mailbox}\nofficers:\n  - {{name: Ana Officer, email: ana@shared.example, for: {{surnames: {of}}}}}\n"
    )
    first, second = post.review("2026-11-04"), post.review("2026-11-05")
    by_mailbox = reviewed(post.village, pupil_with_plan(post.village, "Moe", "Moss"), meeting_on="2026-11-06")
    with post.parts.engines.scheduler() as session:
        for code, name, mailbox, of in (("001", "Testshire", "Ana@shared.example", "A to K"), ("777", "Othershire", "sen@other.example", "A to Z")):
            text_ = profile.format(code=code, name=name, mailbox=mailbox, of=of)
            load_profile(session, read_profile(text_, "profile.yaml", LIBRARY), "profile.yaml", by=None)
        move = text("UPDATE pupils SET authority_id = (SELECT id FROM authorities WHERE code = '777') WHERE id = :pupil")
        session.execute(move, {"pupil": pupil_of(post, second)})
    (mail,) = [mail for mail in post.comes("2026-12-07") if mail.to.casefold() == "ana@shared.example" and mail.reference.startswith("LIST-")]
    assert all(case in mail.html for case in (first, second, by_mailbox))
    page = opened(post, mail)
    assert {line.case for line in page.lines if line.open} == {first, second, by_mailbox} and not page.elsewhere
    for line in page.lines:
        if line.step == "la_decision":
            answers(post, line)


def test_an_adviser_is_told_the_day_that_is_hoped_for_where_the_law_sets_none(post: MorningPost) -> None:
    case = post.review("2026-11-18")
    hoped = post.village.open_rows(case)["gather_advice/health"].target_on
    (mail,) = [mail for mail in post.comes((hoped - timedelta(days=7)).isoformat()) if mail.to == COUNCIL["health"] and "LIST-" in mail.reference]
    assert "not yet known" not in words(mail) and in_full(hoped) in words(mail)


def test_the_link_of_a_line_opens_its_step_again_after_a_day_was_named(post: MorningPost) -> None:
    case, links = post.review("2026-11-04"), Links(signing_keys(post.parts.settings))
    post.review("2026-11-05")
    mail = list_of(post.comes("2026-12-04"))
    (line,) = [line for line in opened(post, mail).lines if line.case == case and line.step == "la_decision"]
    answers(post, line)
    for token in re.findall(r"/l/([\w.\-]+)", mail.html):
        links.read(post.parts.engines, token, post.clock.today())  # raises LinkRefused, which sends the officer to ask the school
    assert f"#line-{line.id}" in mail.html
