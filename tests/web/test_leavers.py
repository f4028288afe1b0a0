"""The console's way to a case for a pupil who has left: a claim is found and opened, a review is not."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from db.models import Pupil
from tests.web.site import OPENED_ON, Site, form_of


def test_a_claim_is_opened_for_a_pupil_who_has_left_and_a_review_is_not(site: Site) -> None:
    gone, last = site.pupil("Lee", "Leaver"), OPENED_ON - timedelta(days=50)
    with site.engines.scheduler() as session:
        session.execute(update(Pupil).where(Pupil.id == gone).values(left_on=last))
    browser = site.client()
    assert "0 found" in browser.get("/start", params={"process": "annual_review", "name": "lee"}).text
    assert browser.get(f"/start/annual_review/{gone}").status_code == 404
    found = browser.get("/start", params={"process": "discrimination_claim", "name": "lee"}).text
    path = f"/start/discrimination_claim/{gone}"
    assert path in found and "last day on roll Wednesday 22 July 2026" in found
    conduct = {f"fact.conduct_on-{part}": number for part, number in (("day", "1"), ("month", "7"), ("year", "2026"))}
    opened = browser.post(path, data=form_of(browser, path, **conduct, **{"fact.conciliation": "no", "fact.rights_held_by": "parent"}))
    assert opened.status_code == 200 and "Case opened" in opened.text
