"""A change of phase opened by hand on the console, and the list of schools that the council asks, ticked and made longer."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import update

from db.models import Plan, Pupil
from tests.web.site import Site, form_of


def leaver(site: Site, year_group: int = 6) -> int:
    """A pupil of that year with a plan whose twelve months end in May."""
    pupil_id = site.pupil("Kit", "Ashby")
    with site.engines.scheduler() as session:
        session.execute(update(Pupil).where(Pupil.id == pupil_id).values(year_group=year_group))
        authority = session.get_one(Pupil, pupil_id).authority_id
        session.add(Plan(pupil_id=pupil_id, school_id=site.ash, authority_id=authority, issued_on=date(2025, 5, 11), review_due_on=date(2027, 5, 10)))
    return pupil_id


def boxes(page: str, fact: str) -> str:
    """The three boxes of a date as they are filled in."""
    return " ".join(re.findall(rf'name="fact\.{fact}-(?:day|month|year)"[^>]*value="(\d+)"', page))


def test_the_page_knows_the_change_and_the_day_by_which_the_council_decides(site: Site) -> None:
    browser, path = site.client(), f"/start/phase_transfer/{leaver(site)}"
    page = browser.get(path).text
    assert (boxes(page, "transfer_on"), boxes(page, "review_due_on")) == ("1 9 2027", "20 12 2026")
    assert re.search(r'value="primary_to_secondary"[^>]*checked', page)
    days = {"fact.transfer_on": "1 9 2027", "fact.review_due_on": "20 12 2026"}
    typed = {f"{name}-{part}": number for name, day in days.items() for part, number in zip(("day", "month", "year"), day.split(), strict=True)}
    stated = {"fact.phase": "primary_to_secondary", "fact.year_group": "6", "fact.looked_after": "no", "fact.rights_held_by": "parent"}
    form = form_of(browser, path, **typed, **stated)
    late = browser.post(path, data={**form, "fact.review_due_on-day": "21", "fact.ordinary_review": "none"})
    assert late.status_code == 422 and "not after" in late.text
    opened = browser.post(path, data={**form, "fact.ordinary_review": "none"})
    assert opened.status_code == 200 and "Case opened" in opened.text
    case = str(re.search(r"PT-\d+", opened.text)[0])  # type: ignore[index]
    assert site.ledger.position(case)[1].instance("la_names_school").due is not None
    site.records(case, "explain_transfer", "2026-11-24")
    consult = f"/cases/{case}/decide/la_consults_schools"
    ticked = form_of(browser, consult, **{"fact.schools_asked": "asked_school_1,asked_school_2"})
    assert browser.post(consult, data=ticked).status_code == 200
    assert site.ledger.position(case)[1].facts["schools_asked"] == ("asked_school_1", "asked_school_2")


def test_a_pupil_in_the_middle_of_a_phase_is_opened_with_what_the_opener_states(site: Site) -> None:
    page = site.client().get(f"/start/phase_transfer/{leaver(site, year_group=4)}").text
    assert boxes(page, "transfer_on") == "" and boxes(page, "review_due_on") == "10 5 2027"
    assert "checked" not in page.split('name="fact.phase"')[1].split("</fieldset>")[0]
