"""My messages: the trust's leaders are asked whether reports come in the holidays too, and nobody else is."""

from __future__ import annotations

import re

from tests.web.site import Site, hidden

ASKED = "Shall the trust’s reports come in the school holidays too?"


def test_a_leader_asks_for_reports_in_the_holidays_and_takes_it_back(site: Site) -> None:
    lead = site.client("trust_send_lead")
    assert ASKED in lead.get("/my-messages").text and chosen(lead.get("/my-messages").text) == "no"
    for answer in ("yes", "no"):
        form = {**hidden(lead.get("/my-messages").text), "morning_at": "9", "teams": "no", "in_holidays": answer}
        shown = lead.post("/my-messages", data=form).text
        assert "Saved" in shown and chosen(shown) == answer
    refused = lead.post("/my-messages", data={**form, "morning_at": "5", "in_holidays": "yes"})
    assert refused.status_code == 422 and chosen(refused.text) == "yes", "what was typed stays"
    assert chosen(lead.get("/my-messages").text) == "no", "and nothing was saved"


def test_who_has_no_such_report_is_not_asked_and_cannot_ask(site: Site) -> None:
    senco = site.client("senco")
    shown = senco.get("/my-messages").text
    assert ASKED not in shown
    assert senco.post("/my-messages", data={**hidden(shown), "morning_at": "8", "in_holidays": "yes"}).status_code == 200
    with site.engines.scheduler() as session:
        kept = session.connection().exec_driver_sql("SELECT morning_at, reports_in_holidays FROM preferences WHERE person_id = %s", (_senco(site),))
        assert kept.one() == (8, False)


def _senco(site: Site) -> int:
    return site.people[site.ash, "senco"]


def chosen(page: str) -> str:
    """The answer that is checked."""
    return next(one[1] for one in re.finditer(r'<input[^>]*name="in_holidays"[^>]*value="(\w+)"([^>]*)>', page) if "checked" in one[2])
