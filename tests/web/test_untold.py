"""A message that mail did not bring to its reader stands before the SENCO as something to do, in words, until somebody was told by a person."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
from sqlalchemy import text

from db.models import Delivery, Person
from tests.db.ledger_story import day
from tests.web.site import Site, hidden


def untold(site: Site, case: str, code: str, **about_her: str) -> None:
    """A delivery of the case to the mother that failed with that code; `about_her`: what is different about her."""
    with site.engines.scheduler() as session:
        found = session.execute(text("SELECT id, school_id, pupil_id FROM cases WHERE ref = :case"), {"case": case}).one()
        mother = session.scalars(text("SELECT person_id FROM families WHERE pupil_id = :pupil"), {"pupil": found.pupil_id}).one()
        for name, value in about_her.items():
            setattr(session.get_one(Person, mother), name, value)
        mark = str(uuid4())
        session.add(
            Delivery(
                case_id=found.id, person_id=mother, seq=1, school_id=found.school_id, step="hold_meeting", moment="done", to_role="parent",
                template="annual_review/send_invitations.done", state="failed", error_code=code, reference=f"{case}/{mark}", once_key=mark,
                owed_on=day("2026-11-20"),
            )
        )  # fmt: skip


def test_whoever_mail_does_not_reach_is_among_my_actions_and_on_the_case_in_words(site: Site) -> None:
    case = site.review("Posy", "Post")
    untold(site, case, "by_post")
    for path in ("/", f"/cases/{case}", "/messages"):
        page = site.client().get(path).text
        assert "They asked for post: print it and send it" in page and "by_post" not in page and "by post</td>" not in page


def test_only_those_who_may_read_messages_see_it(site: Site) -> None:
    case = site.review("Ned", "Noone")
    untold(site, case, "nobody_holds_the_role")
    words = "We have nobody to write to: tell them yourself"
    assert words in site.client("senco").get("/").text
    assert words not in site.client("teacher").get("/").text
    assert case not in site.client("senco", site.birch).get("/").text


def letter_of(browser: httpx.Client, case: str) -> str:
    """The address of the page with the letter of the case's message that reached nobody."""
    found = re.search(r'href="(/letters/\d+)"', browser.get(f"/cases/{case}").text)
    assert found
    return found[1]


def record(browser: httpx.Client, where: str, way: str, on: str, month: str = "11") -> httpx.Response:
    """Send the form that says how and when they were told."""
    known = {"csrf": hidden(browser.get(where).text)["csrf"], "way": way, "on-day": on, "on-month": month, "on-year": "2026"}
    return browser.post(where, data=known)


def test_its_letter_can_be_printed_with_the_address_and_no_link(site: Site) -> None:
    case = site.review("Pia", "Paper")
    untold(site, case, "by_post", address="7 Nowhere Street", phone="01632 960002", language="pl")
    senco = site.client("senco")
    shown = senco.get(letter_of(senco, case)).text
    letter = shown[shown.index('aria-label="The letter"') :]
    assert "7 Nowhere Street" in letter and f"{case}: the day of the review meeting" in letter and "Pia" in letter and "/l/" not in letter
    assert "They read Polish" in shown and 'lang="pl"' in letter and "reads Polish" in senco.get(f"/cases/{case}").text
    assert "Telephone: 01632 960002" in shown


def test_who_was_told_by_a_person_is_told_and_is_nothing_to_do_any_more(site: Site) -> None:
    case = site.review("Tilda", "Told")
    untold(site, case, "by_phone")
    senco = site.client("senco")
    where = letter_of(senco, case)
    for way, on, month, words in (
        ("", "24", "11", "Choose how they were told"),
        ("pigeon", "24", "11", "Choose how they were told"),
        ("phone", "25", "11", "between 20/11/2026, when it was owed, and today"),
        ("phone", "19", "11", "between 20/11/2026, when it was owed, and today"),
        ("phone", "31", "2", "is not a date"),
    ):
        refused = record(senco, where, way, on, month)
        assert refused.status_code == 422 and words in refused.text, (way, on, month)
    assert where in senco.get("/").text
    assert record(senco, where, "phone", "24").url.path == f"/cases/{case}"
    assert "Told by telephone on Tuesday 24 November 2026 by Senco Ash" in senco.get(f"/cases/{case}").text
    assert where not in senco.get("/").text and senco.get(where).status_code == 404, "it is recorded once"


def test_only_those_who_may_read_messages_open_its_letter(site: Site) -> None:
    case = site.review("Nora", "Notyours")
    untold(site, case, "by_post")
    where = letter_of(site.client("senco"), case)
    assert site.client("senco", site.birch).get(where).status_code == 404
    assert site.client("teacher").get(where).status_code == 404
    assert site.client("senco").get("/letters/999999999").status_code == 404
    assert site.client("").get(where).url.path == "/sign-in"


def test_nobody_is_asked_to_tell_whom_an_order_keeps_from_contact(site: Site) -> None:
    """The message failed before the order was known: no page has the letter or the address any more."""
    case = site.review("Olive", "Order")
    untold(site, case, "by_post", address="9 Hidden Lane")
    senco = site.client("senco")
    where = letter_of(senco, case)
    assert "9 Hidden Lane" in senco.get(where).text
    of_pupil = "pupil_id = (SELECT pupil_id FROM cases WHERE ref = :case)"
    with site.engines.scheduler() as session:
        session.execute(text(f"UPDATE families SET no_contact = true WHERE {of_pupil}"), {"case": case})
    assert senco.get(where).status_code == 404 and where not in senco.get("/").text
    shown = senco.get(f"/cases/{case}").text
    assert where not in shown and "an order keeps them from contact now" in shown


def test_one_whose_text_cannot_be_written_is_told_in_ones_own_words(site: Site) -> None:
    case = site.review("Tess", "Text")
    untold(site, case, "bad_template")
    with site.engines.scheduler() as session:
        of_case = "case_id = (SELECT id FROM cases WHERE ref = :case)"
        session.execute(text(f"UPDATE deliveries SET template = 'mailings/list' WHERE error_code = 'bad_template' AND {of_case}"), {"case": case})
    senco = site.client("senco")
    where = letter_of(senco, case)
    shown = senco.get(where)
    assert shown.status_code == 200 and "How were they told?" in shown.text and 'aria-label="The letter"' not in shown.text
    assert record(senco, where, "phone", "24").url.path == f"/cases/{case}"


def test_a_letter_to_somebody_whom_nobody_entered_greets_them_all_the_same(site: Site) -> None:
    case = site.review("Una", "Unknown")
    untold(site, case, "nobody_holds_the_role")
    with site.engines.scheduler() as session:
        of_case = "case_id = (SELECT id FROM cases WHERE ref = :case)"
        session.execute(text(f"UPDATE deliveries SET person_id = NULL WHERE error_code = 'nobody_holds_the_role' AND {of_case}"), {"case": case})
        number = session.scalar(
            text(f"SELECT min(id) FROM deliveries WHERE template = 'annual_review/send_invitations.done' AND {of_case}"), {"case": case}
        )
    letter = site.client("senco").get(f"/letters/{number}").text
    letter = letter[letter.index('aria-label="The letter"') :]
    assert "Dear Sir or Madam," in letter and "<p>The child&#39;s parent</p>" in letter
    with site.engines.scheduler() as session:
        session.execute(text("UPDATE deliveries SET to_role = 'pupil' WHERE id = :id"), {"id": number})
    letter = site.client("senco").get(f"/letters/{number}").text
    assert "Dear Una Unknown," in letter and "Sir or Madam" not in letter, "most pupils have no address, and the school knows their names"


def test_nobody_is_asked_to_tell_a_parent_whose_responsibility_is_over(site: Site) -> None:
    """After an adoption the letter that failed before it must not be posted to who was the mother."""
    case = site.review("Abel", "Adopted")
    untold(site, case, "by_post", address="3 Former Lane")
    senco = site.client("senco")
    where = letter_of(senco, case)
    assert "3 Former Lane" in senco.get(where).text
    with site.engines.scheduler() as session:
        over = "UPDATE families SET parental_responsibility = false WHERE pupil_id = (SELECT pupil_id FROM cases WHERE ref = :case)"
        session.execute(text(over), {"case": case})
    assert senco.get(where).status_code == 404 and where not in senco.get("/").text
    shown = senco.get(f"/cases/{case}").text
    assert where not in shown and "they are no parent in this case any more" in shown
