"""A complaint on the console: a teacher of the school finds it nowhere; those who are to read it do."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from tests.web.site import Site

FACTS = {"received_on": date(2026, 9, 1), "made": "in_writing", "about": "member_of_staff", "serious_about_provision": True}


def test_a_teacher_finds_no_complaint_anywhere(site: Site) -> None:
    pupil = site.pupil("Cora", "Confidential")
    case = site.ledger.open_case(site.actor("senco"), key=uuid4(), process="complaint", pupil_id=pupil, facts=FACTS, on=date(2026, 9, 2)).case
    teacher = site.client("teacher")
    for path in (f"/cases/{case}", f"/cases/{case}/drawing.svg", f"/cases/{case}/decide/acknowledge", f"/cases/{case}/end/withdrawn"):
        assert teacher.get(path).status_code == 404, path
    for path in ("/", "/cases", "/cases?ended=yes", "/messages"):
        assert case not in teacher.get(path).text, path
    for role in ("senco", "headteacher", "trust_send_lead"):
        reader = site.client(role)
        assert reader.get(f"/cases/{case}").status_code == 200, role
        assert case in reader.get("/cases").text, role
    assert case in site.client().get("/").text
    assert site.client("senco", site.birch).get(f"/cases/{case}").status_code == 404


def test_a_teacher_finds_no_claim_mediation_or_appeal(site: Site) -> None:
    decided = {"decision": "no_plan", "decision_on": date(2026, 9, 1), "rights_held_by": "parent"}
    claimed = {"conduct_on": date(2026, 9, 1), "conciliation": False, "rights_held_by": "parent"}
    pupil, teacher = site.pupil("Una", "Unread"), site.client("teacher")
    for process, facts in (("mediation", decided), ("tribunal_appeal", decided), ("discrimination_claim", claimed)):
        case = site.ledger.open_case(site.actor("senco"), key=uuid4(), process=process, pupil_id=pupil, facts=facts, on=date(2026, 9, 3)).case
        assert teacher.get(f"/cases/{case}").status_code == 404 and site.client("senco").get(f"/cases/{case}").status_code == 200, process
