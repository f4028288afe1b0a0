"""A file goes with the answer on a line: kept with its event in the one Save, or refused by its line with nothing lost (issue 6, point 2)."""

from __future__ import annotations

import hashlib
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import text

from db.acts.documents import keep_documents
from db.acts.errors import LedgerError
from db.ledger import Actor
from db.list_links import ListLinks
from db.models import AuthorityContact, Person
from db.queries.documents import documents_of
from db.queries.timeline import timeline_of
from db.roles import APP
from db.signing_key import signing_keys
from rules.documents import LARGEST, looked_at
from tasks.chase import chase
from tasks.mailings import send_lists
from tasks.parts import Parts
from tests.rules.test_documents import PDF, word
from tests.web.list_story import LATE_ON, OfficersList, officers_list
from tests.web.site import HIDDEN, Site


@pytest.fixture
def listed(site: Site) -> OfficersList:
    """Each test its own cases; the last test's lists stand beside them, for another day's mail is another list."""
    with site.engines.scheduler() as session:
        session.connection().exec_driver_sql("UPDATE mailings SET sent_for = sent_for - 1000 - id::int WHERE sent_for >= %s", (LATE_ON,))
    return officers_list(site, 1, 2)


def files_of(site: Site, case: str) -> list[tuple[str, str]]:
    with site.engines.scheduler() as session:
        return [(one.name, one.sha256) for one in documents_of(session, case)]


def test_each_file_is_kept_with_the_event_that_names_it_and_is_read_by_the_school(site: Site, listed: OfficersList) -> None:
    browser = site.client("")
    (done,), (by, waits) = listed.decidable, listed.waiting
    letter = word()
    form = {
        **listed.form(browser.get(listed.path).text),
        **listed.says(done, "decided", outcome="maintain", fact_decision_on="1 12 2026", on="2 12 2026"),
        **listed.says(by, "will_be_by", by="11 12 2026"),
    }
    files = {
        f"{listed.lines[done]}file": ("decision.pdf", PDF),
        f"{listed.lines[by]}file": ("why.docx", letter),
        f"{listed.lines[waits]}file": ("", b""),
    }
    sent = browser.post(listed.path, data=form, files=files)
    assert sent.status_code == 200 and "2 answers recorded" in sent.text and "with the file decision.pdf" in sent.text
    assert files_of(site, done) == [("decision.pdf", hashlib.sha256(PDF).hexdigest())]
    assert files_of(site, by) == [("why.docx", hashlib.sha256(letter).hexdigest())] and files_of(site, waits) == []
    with site.engines.scheduler() as session:
        assert timeline_of(session, done)[-1].files == (hashlib.sha256(PDF).hexdigest(),)
        assert "decision.pdf" not in session.execute(text("SELECT string_agg(content, ' ') FROM events")).scalar_one()
    assert site.ledger.verify(done) == site.ledger.verify(by) == []
    assert browser.post(listed.path, data=form, files=files).status_code == 200, "the same form once more"
    assert len(files_of(site, by)) == 1
    actor = Actor(site.people[site.ash, "senco"], frozenset({site.ash}), "console")
    assert site.ledger.erase_private(actor, key=uuid4(), case=by, on=LATE_ON) >= 1
    assert browser.post(listed.path, data=form, files=files).status_code == 200 and files_of(site, by) == [], "sent again it is not brought back"
    other = {f"{listed.lines[by]}file": ("why.docx", PDF)}
    again = browser.post(listed.path, data={**form, **listed.says(done, "none")}, files=other)
    assert again.status_code == 422 and "was sent before with other contents" in again.text and files_of(site, by) == []

    senco = site.client("senco")
    shown = senco.get(f"/cases/{done}").text
    address = shown.split('File: <a class="govuk-link" href="')[1].split('"')[0]
    answer = senco.get(address)
    assert answer.content == PDF and answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; ") and answer.headers["x-content-type-options"] == "nosniff"
    assert site.client("senco", site.birch).get(address).status_code == 404, "another school's"


def test_a_file_that_is_not_taken_names_its_line_and_every_other_answer_stands(site: Site, listed: OfficersList) -> None:
    browser = site.client("")
    (done,), (by, waits) = listed.decidable, listed.waiting
    before = [site.acts(case) for case in (done, by, waits)]
    form = {
        **listed.form(browser.get(listed.path).text),
        **listed.says(done, "decided", outcome="maintain", fact_decision_on="1 12 2026", on="2 12 2026"),
        **listed.says(by, "will_be_by", by="11 12 2026"),
    }
    good, bad = {f"{listed.lines[done]}file": ("letter.pdf", PDF)}, f"{listed.lines[by]}file"
    for content, words in ((b"MZ a program", "must be a PDF"), (PDF + bytes(LARGEST), "10 MB is the most"), (b"", "is empty")):
        wrong = browser.post(listed.path, data=form, files={**good, bad: ("advice.pdf", content)})
        assert wrong.status_code == 422 and f"{by}: The file" in wrong.text and words in wrong.text
        assert f"{done}: Choose the file letter.pdf again" in wrong.text, "a browser keeps no file, so the page says which"
        assert 'value="11"' in wrong.text and 'value="maintain" checked' in " ".join(wrong.text.split()), "what was answered stands there again"
    alone = browser.post(listed.path, data={**form, **listed.says(by, "none")}, files={bad: ("advice.pdf", PDF)})
    assert f"{by}: Choose an answer, and the file again" in alone.text
    refused = browser.post(
        listed.path, files=good, data={**form, **listed.says(waits, "decided", outcome="maintain", fact_decision_on="1 12 2026", on="1 12 2026")}
    )
    assert refused.status_code == 422 and f"{waits}: “The LA decides" in refused.text, "the rules refuse a line, so no file is kept"
    assert [site.acts(case) for case in (done, by, waits)] == before and files_of(site, done) == []
    huge = browser.post(listed.path, data=form, files={bad: ("a.pdf", bytes(21 * 1024 * 1024))})
    assert huge.status_code == 413 and "20 MB together are the most" in huge.text
    stranger = browser.post(listed.path[:-3] + "xyz", data=form, files={bad: ("a.pdf", PDF + bytes(200_000))})
    assert stranger.status_code == 413, "without a link of ours nobody sends more than a form"


def test_a_file_that_no_event_names_is_never_kept_and_what_was_swapped_is_found(site: Site, listed: OfficersList) -> None:
    (done,) = listed.decidable
    actor = Actor(site.people[site.ash, "senco"], frozenset({site.ash}), "console")
    with site.engines.act_connection(APP) as connection, pytest.raises(LedgerError, match="could not be kept"), connection.transaction():
        keep_documents(connection, actor, done, 1, (looked_at("x.pdf", PDF),))
    browser = site.client("")
    form = {
        **listed.form(browser.get(listed.path).text),
        **listed.says(done, "decided", outcome="maintain", fact_decision_on="1 12 2026", on="2 12 2026"),
    }
    assert browser.post(listed.path, data=form, files={f"{listed.lines[done]}file": ("a.pdf", PDF)}).status_code == 200
    with site.engines.owner.connect() as owner, owner.begin():
        owner.execute(text("ALTER TABLE documents NO FORCE ROW LEVEL SECURITY"))
        owner.execute(text("UPDATE documents SET content = 'swapped', size = 7 WHERE name = 'a.pdf'"))
        owner.execute(text("ALTER TABLE documents FORCE ROW LEVEL SECURITY"))
    (fault,) = site.ledger.verify(done)
    assert "the file kept as “a.pdf” is not one that came with this event" in fault.what
    assert site.ledger.erase_private(actor, key=uuid4(), case=done, on=LATE_ON) == 1
    assert files_of(site, done) == [] and site.ledger.verify(done) == []
    assert "(file: erased)" in site.client("senco").get(f"/cases/{done}").text


def test_an_adviser_with_several_requests_answers_them_on_one_page_each_with_its_file(site: Site, listed: OfficersList) -> None:
    with site.engines.scheduler() as session:
        adviser = Person(kind="outside", given_name="Hal", family_name="Health", email="health@nhs.example", school_ids=[site.ash])
        session.add(adviser)
        session.flush()
        where = text("SELECT authority_id FROM schools WHERE id = :id")
        session.add(AuthorityContact(authority_id=session.scalar(where, {"id": site.ash}), person_id=adviser.id, role="health"))
        adviser_id = adviser.id
    cases = [site.review(), site.review()]
    site.clock.today_is = date(2026, 12, 9)
    for case in cases:
        site.records(case, "agree_meeting_date", "2026-12-09", meeting_on=date(2027, 1, 21))
    site.clock.today_is = date(2026, 12, 24)
    parts = Parts(site.settings, site.engines, site.clock, site.ledger.parts.library, site.ledger)
    chase(parts, site.clock.today_is)
    send_lists(parts, site.clock.now())
    with site.engines.scheduler() as session:
        asked = text(
            "SELECT d.mailing_id, d.id, c.ref FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE d.person_id = :id AND state = 'listed'"
        )
        rows = session.execute(asked, {"id": adviser_id}).all()
    assert len({row.mailing_id for row in rows}) == 1 and sorted(row.ref for row in rows) == sorted(cases), "one list of both requests"
    path = f"/list/{ListLinks(signing_keys(site.settings)).make(rows[0].mailing_id, frozenset({site.ash}))}"
    browser = site.client("")
    form = dict(HIDDEN.findall(browser.get(path).text))
    for row in rows:
        day = {f"l{row.id}.on-day": "24", f"l{row.id}.on-month": "12", f"l{row.id}.on-year": "2026"}
        form |= {f"l{row.id}.answer": "decided", f"l{row.id}.outcome": "given", **day}
    sent = browser.post(path, data=form, files={f"l{row.id}.file": (f"advice {row.ref}.pdf", PDF + row.ref.encode()) for row in rows})
    assert sent.status_code == 200 and "2 answers recorded" in sent.text
    assert [files_of(site, case)[0][0] for case in cases] == [f"advice {case}.pdf" for case in cases]
    assert all(site.ledger.position(case)[1].instance("gather_advice", "health").outcome == "given" for case in cases)
    site.clock.today_is = LATE_ON
