"""A parent whom the school's file does not name any more stands on My actions of those who may say whether that is over."""

from __future__ import annotations

from sqlalchemy import text

from db.models import Import, MissingRelative
from tests.web.site import Site


def test_the_senco_sees_who_is_asked_about_and_nobody_else_does(site: Site) -> None:
    case = site.review("Abe", "Absent")
    with site.engines.scheduler() as session:
        asked = text(
            "SELECT f.pupil_id, f.person_id, f.school_id FROM families f JOIN cases c ON c.pupil_id = f.pupil_id"
            " WHERE c.ref = :case AND f.parental_responsibility"
        )
        found = session.execute(asked, {"case": case}).one()
        file = Import(kind="families", file_name="families.csv", file_hash=b"", rows=1, added=0, changed=0)
        session.add(file)
        session.flush()
        missing = MissingRelative(pupil_id=found.pupil_id, person_id=found.person_id, school_id=found.school_id, import_id=file.id)
        session.add(missing)
        session.flush()
        words = f"of Abe Absent, Ash School: number {missing.id}"
    assert words in " ".join(site.client("senco").get("/").text.split())
    assert "Abe Absent, Ash School: number" not in site.client("teacher").get("/").text
    assert "Abe Absent" not in site.client("senco", site.birch).get("/").text
