"""The page on which links are withdrawn, and what a page that was opened before says when what it asks for is with somebody else."""

from __future__ import annotations

from sqlalchemy import text

from db.engine import Engines
from db.models import Authority
from tests.web.list_story import LATE_ON, officers_list
from tests.web.site import Site, form_of, hidden
from tests.web.test_together import meeting_held


def move_to_another_la(engines: Engines, case: str) -> None:
    with engines.scheduler() as session:
        code = f"moved {session.scalar(text('SELECT count(*) FROM authorities'))}"
        other = Authority(code=code, name="Othershire", sen_email="sen@othershire.example")
        session.add(other)
        session.flush()
        moved = text("UPDATE pupils SET authority_id = :other WHERE id = (SELECT pupil_id FROM cases WHERE ref = :case)")
        session.execute(moved, {"other": other.id, "case": case})


def test_a_senco_withdraws_a_link_and_allows_it_again(site: Site) -> None:
    case, senco = meeting_held(site), site.client()
    link = site.link(case)
    path = f"/cases/{case}/links"
    assert site.client("").get(link).status_code == 200 and path in senco.get(f"/cases/{case}").text
    shown = senco.get(path).text
    assert "Testshire SEN team" in shown and "works" in shown and "Allow again" not in shown
    form = hidden(shown)
    gone = senco.post(path, data=form)
    assert gone.status_code == 200 and "Allow again" in gone.text and "by Senco Ash" in gone.text
    refused = site.client("").get(link)
    assert refused.status_code == 410 and "The school has withdrawn this link. Ask Ash School" in refused.text
    again = senco.post(path, data=form)
    assert again.status_code == 422 and "has been withdrawn already" in again.text, "the form of an old tab"
    allowed = senco.post(path, data=hidden(gone.text)).text
    assert "Nobody holds a link" in allowed and "allowed again" in allowed, "who did which stays on the page"
    assert site.client("").get(site.link(case)).status_code == 200, "the next message has one again"


def test_nobody_else_sees_or_withdraws_links(site: Site) -> None:
    case = meeting_held(site)
    site.link(case)
    path, senco, teacher = f"/cases/{case}/links", site.client(), site.client("teacher")
    form = hidden(senco.get(path).text)
    assert teacher.get(path).status_code == 403 == teacher.post(path, data=form).status_code
    assert path not in teacher.get(f"/cases/{case}").text
    assert site.client("senco", site.birch).get(path).status_code == 404
    assert senco.post(path, data={**form, "csrf": "x"}).status_code == 403
    assert senco.post(path, data={**form, "do": "burn"}).status_code == senco.post(path, data={**form, "link": "1"}).status_code == 422
    assert "works" in senco.get(path).text, "none of it changed anything"


def test_a_page_that_was_open_when_the_plan_moved_records_nothing_and_says_whom_to_ask(site: Site) -> None:
    case, officer = meeting_held(site), site.client("")
    link = site.link(case)
    form = form_of(
        officer,
        link,
        outcome="maintain",
        **{f"fact.decision_on-{part}": value for part, value in zip(("day", "month", "year"), ("24", "11", "2026"), strict=True)},
    )
    acts = site.acts(case)
    move_to_another_la(site.engines, case)
    for answer in (officer.post(link, data=form), officer.get(link)):
        assert answer.status_code == 410 and "is with somebody else now" in answer.text and "Ask Ash School" in answer.text
    assert site.acts(case) == acts and "with somebody else now" in site.client().get(f"/cases/{case}/links").text


def test_the_page_of_a_list_leaves_out_what_is_with_somebody_else_and_loses_no_answer_silently(site: Site) -> None:
    listed, officer = officers_list(site, 0, 2), site.client("")
    moved, stays = listed.waiting
    form = listed.form(officer.get(listed.path).text)
    move_to_another_la(site.engines, moved)
    shown = officer.get(listed.path).text
    assert moved not in shown and stays in shown and "with somebody else now" in shown and "Ask Ash School" in shown
    answers = {**listed.says(moved, "will_be_by", by="11 12 2026"), **listed.says(stays, "will_be_by", by="11 12 2026")}
    refused = officer.post(listed.path, data={**form, **answers})
    assert refused.status_code == 422 and "Nothing has been saved" in refused.text and 'value="11"' in refused.text and moved not in refused.text
    assert "1 answer recorded" in officer.post(listed.path, data={**form, **listed.says(stays, "will_be_by", by="11 12 2026")}).text
    assert site.clock.today_is == LATE_ON
