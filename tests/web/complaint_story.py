"""A complaint about the headteacher (or somebody else), as the console's tests tell it: opened, acknowledged, answered, and who is told what."""

from __future__ import annotations

import json
from uuid import uuid4

from sqlalchemy import text

from tests.db.ledger_story import day
from tests.web.site import Site

HEAD, CEO = "headteacher", "ceo"


def complaint(site: Site, name: str, about: str = HEAD) -> str:
    """The SENCO opens it and tells the mother by when it is answered."""
    facts = {"received_on": day("2026-11-02"), "made": "in_writing", "about": about, "serious_about_provision": False}
    pupil = site.pupil(name, "Zulu")
    case = site.ledger.open_case(site.actor("senco"), key=uuid4(), process="complaint", pupil_id=pupil, facts=facts, on=day("2026-11-02")).case
    private = {"comment": "the mother says that the head shut the door on him"}
    promised = {"answer_by": day("2026-11-20")}
    site.ledger.decide(site.actor("senco"), key=uuid4(), case=case, step="acknowledge", facts=promised, private=private, on=day("2026-11-03"))
    return case


def answered(site: Site, name: str, about: str = HEAD) -> str:
    """And the trust, or the school, has answered on 10 November: the mother may say what she wants until 1 December."""
    case = complaint(site, name, about)
    step, role = ("respond_for_trust", CEO) if about == HEAD else ("respond", HEAD)
    site.records(case, step, "2026-11-10", role=role, finding="upheld")
    return case


def told(site: Site, case: str) -> dict[str, set[str]]:
    """Who is told what by the last act, by template."""
    asked = text("SELECT o.messages FROM outbox o JOIN cases c ON c.id = o.case_id WHERE c.ref = :case ORDER BY o.seq DESC LIMIT 1")
    with site.engines.scheduler() as session:
        owed = json.loads(session.scalar(asked, {"case": case}) or "{}").get("owed", [])
    return {one["template"]: {other["to"] for other in owed if other["template"] == one["template"]} for one in owed}
