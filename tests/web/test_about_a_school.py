"""A case about a school on the console: started by those who may, shown under the school's name, decided without a pupil."""

from __future__ import annotations

import re

from tests.web.site import Site, form_of

PROCESS = "published_information"


def test_a_schools_year_is_started_and_worked_on_the_pages(site: Site) -> None:
    lead = site.client("trust_send_lead")
    listed = lead.get("/start", params={"process": PROCESS}).text
    path = f"/start/{PROCESS}/school/{site.ash}"
    assert path in listed and f"/start/{PROCESS}/school/{site.birch}" in listed, "a trust's lead sees both schools"
    shown = lead.get(path).text
    assert re.search(r'name="fact\.school_year"[^>]*value="2026"', shown) and re.search(r'value="mainstream"[^>]*checked', shown)
    opened = lead.post(path, data=form_of(lead, path, **{"fact.school_year": "2026", "fact.kind": "mainstream"}))
    assert opened.status_code == 200 and "Case opened" in opened.text
    case = str(re.search(r"PI-\d+", opened.text)[0])  # type: ignore[index]
    assert f'A case of this kind is open for this school: <a class="govuk-link" href="/cases/{case}"' in lead.get(path).text
    head = site.client("headteacher")
    page = head.get(f"/cases/{case}").text
    assert "What the school publishes in a year: Ash School</h1>" in page and "Year group" not in page and "Contacts:" not in page
    assert f"{case}" in head.get("/").text and "Ash School" in head.get("/cases").text
    step = f"/cases/{case}/decide/review_uniform_and_trips"
    assert f"{case}, Ash School" in head.get(step).text
    done = head.post(step, data=form_of(head, step, outcome="none_keeps_anybody_away"))
    assert done.status_code == 200
    assert site.ledger.position(case)[1].instance("review_uniform_and_trips").status == "done"
    assert head.get(f"/cases/{case}/drawing.svg").status_code == 200


def test_only_those_who_may_start_it_and_each_process_about_its_own(site: Site) -> None:
    senco, path = site.client(), f"/start/{PROCESS}/school/{site.ash}"
    listed = senco.get("/start", params={"process": PROCESS}).text
    assert path in listed and f"school/{site.birch}" not in listed
    assert senco.get(f"/start/{PROCESS}/school/{site.birch}").status_code == 404
    assert senco.get(f"/start/complaint/school/{site.ash}").status_code == 404
    assert senco.get(f"/start/{PROCESS}/{site.pupil('Ada', 'Schoolless')}").status_code == 404
    assert site.client("teacher").get(path).status_code == 403
