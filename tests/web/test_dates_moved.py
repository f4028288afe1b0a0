"""A date that moved, on the case's page: at its step and in the line of what has happened, with who moved it and why."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from tests.web.site import Site


def test_the_page_says_from_when_to_when_because_of_what_and_by_whom(site: Site) -> None:
    case = site.review()
    senco = site.actor("senco")
    site.ledger.decide(senco, key=uuid4(), case=case, step="agree_meeting_date", facts={"meeting_on": date(2026, 11, 5)}, on=date(2026, 9, 21))
    new = date(2026, 11, 12)
    site.ledger.correct(senco, key=uuid4(), case=case, fact="meeting_on", value=new, because="the head is away", on=date(2026, 9, 22))
    shown = " ".join(site.client().get(f"/cases/{case}").text.split())
    name = "Senco Ash"
    assert f"from Thursday 3 December 2026 to Thursday 10 December 2026, because “the day of the review meeting” was corrected. By {name}, " in shown
    assert "moved from Thursday 3 December 2026 to Thursday 10 December 2026</p>" in shown
    assert site.client("senco", site.birch).get(f"/cases/{case}").status_code == 404
