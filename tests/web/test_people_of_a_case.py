"""A child who is not on roll is entered and consulted on, and people are put into the places of a case, on the pages."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from db.models import Person, Pupil, School
from tests.web.site import Site, form_of

CHILD = {
    "process": "plan_consultation", "given_name": "Quentin", "family_name": "Quince", "born_on-day": "4", "born_on-month": "5",
    "born_on-year": "2016", "year_group": "5", "parent_given_name": "Mother", "parent_family_name": "Quince", "parent_email": "quince@home.example",
}  # fmt: skip


def council(site: Site) -> str:
    with site.engines.scheduler() as session:
        found = session.get(School, site.ash)
        assert found is not None
        return str(found.authority_id)


def test_a_child_of_another_school_is_entered_and_the_consultation_opened(site: Site) -> None:
    browser = site.client()
    assert "/start/new" in browser.get("/start").text
    known = {**CHILD, "school": str(site.ash), "authority": council(site)}
    wrong = browser.post("/start/new", data=form_of(browser, "/start/new", **{**known, "given_name": " ", "born_on-year": "2030", "year_group": "x"}))
    assert wrong.status_code == 422 and "First name: write it" in wrong.text and "Date of birth" in wrong.text and "Year group" in wrong.text
    shown = browser.post("/start/new", data=form_of(browser, "/start/new", **known))
    assert shown.status_code == 200 and "Consultation on naming our school in a plan" in shown.text and "Quentin Quince" in shown.text
    path = shown.url.path
    assert path.startswith("/start/plan_consultation/")
    day = {f"fact.consultation_received_on-{part}": value for part, value in (("day", "23"), ("month", "11"), ("year", "2026"))}
    facts = {"fact.on_roll": "no", "fact.asked_for_by": "family", "fact.medical_condition": "no", "fact.rights_held_by": "parent"}
    opened = browser.post(path, data=form_of(browser, path, **day, **facts))
    assert opened.status_code == 200 and "Case opened" in opened.text and "Consider which reasonable adjustments" in opened.text
    with site.engines.scheduler() as session:
        pupil = session.get_one(Pupil, int(path.rsplit("/", 1)[1]))
        assert (pupil.born_on, pupil.sen_provision, pupil.mis_id, pupil.school_id) == (date(2016, 5, 4), "E", "", site.ash)


def test_a_child_whose_family_applies_without_a_plan_is_entered_as_having_none(site: Site) -> None:
    browser = site.client()
    known = {**CHILD, "process": "admission_application", "given_name": "Rhoda", "school": str(site.ash), "authority": council(site)}
    shown = browser.post("/start/new", data=form_of(browser, "/start/new", **known))
    assert shown.status_code == 200 and "Application for a place without an EHC plan" in shown.text and "Rhoda Quince" in shown.text
    with site.engines.scheduler() as session:
        pupil = session.get_one(Pupil, int(shown.url.path.rsplit("/", 1)[1]))
        assert (pupil.sen_provision, pupil.mis_id) == ("N", "")


def test_nobody_enters_a_child_at_a_school_that_is_not_theirs_nor_a_teacher_at_all(site: Site) -> None:
    browser = site.client()
    known = {**CHILD, "school": str(site.birch), "authority": council(site)}
    refused = browser.post("/start/new", data=form_of(browser, "/start/new", **known))
    assert refused.status_code == 422 and "Choose the school" in refused.text
    assert site.client("teacher").get("/start/new").status_code == 403


def test_a_person_is_put_into_a_place_and_replaced(site: Site) -> None:
    pupil = site.pupil("Vic", "Ashby")
    facts = {
        "decision_on": date(2026, 11, 20),
        "last_reviewed_on": date(2026, 11, 20),
        "on_roll": True,
        "medical_condition": False,
        "rights_held_by": "parent",
    }
    senco = site.actor("senco")
    case = site.ledger.open_case(senco, key=uuid4(), process="admission_of_named_pupil", pupil_id=pupil, facts=facts, on=date(2026, 11, 24)).case
    browser = site.client()
    path = f"/cases/{case}/contacts"
    assert path in browser.get(f"/cases/{case}").text
    wrong = browser.post(path, data=form_of(browser, path, role="parent", given_name="A", family_name="", email="nowhere"))
    assert wrong.status_code == 422 and "Choose whose place it is" in wrong.text and "E-mail: write an address" in wrong.text
    rowan = {"role": "plan_reader_2", "given_name": "Rowan", "family_name": "Lane", "email": "rowan@supply.example"}
    shown = browser.post(path, data=form_of(browser, path, **rowan))
    assert shown.status_code == 200 and "Rowan Lane, rowan@supply.example" in shown.text and "Member of staff 2" in shown.text
    again = browser.post(path, data=form_of(browser, path, **{**rowan, "given_name": "Fern", "email": "fern@supply.example"}))
    assert "Fern Lane" in again.text and "Rowan" not in again.text
    browser.post(path, data=form_of(browser, path, **{**rowan, "role": "plan_reader_3"}))
    with site.engines.scheduler() as session:
        assert session.query(Person).filter_by(email="rowan@supply.example").count() == 1, "somebody known by that address is not entered again"
    assert site.client("teacher").get(path).status_code == 403
    assert site.client("senco", site.birch).get(path).status_code == 404
