"""A message that mail did not bring to its reader stands before the SENCO as something to do, in words."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import text

from db.models import Delivery
from tests.web.site import Site


def untold(site: Site, case: str, code: str) -> None:
    """A delivery of the case to the mother that failed with that code."""
    with site.engines.scheduler() as session:
        found = session.execute(text("SELECT id, school_id, pupil_id FROM cases WHERE ref = :case"), {"case": case}).one()
        mother = session.scalars(text("SELECT person_id FROM families WHERE pupil_id = :pupil"), {"pupil": found.pupil_id}).one()
        mark = str(uuid4())
        session.add(
            Delivery(
                case_id=found.id, person_id=mother, seq=1, school_id=found.school_id, step="hold_meeting", moment="done", to_role="parent",
                template="annual_review/send_invitations.done", state="failed", error_code=code, reference=f"{case}/{mark}", once_key=mark,
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
