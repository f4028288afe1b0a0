"""The sample trust's profiles at work on the sample trust, as a demo loads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import text

from db.engine import Engines
from db.importing.run import import_folder
from db.queries.la_profiles import la_profiles
from db.queries.people import recipients
from db.sample.la_profiles import load_sample_profiles
from db.sample.trust import write_sample_trust
from tests.db.builders import case_with_step

TODAY = date(2026, 11, 24)


def test_each_pupil_has_somebody_to_be_asked_about(engines: Engines, tmp_path: Path) -> None:
    write_sample_trust(tmp_path, TODAY, pupils=150)
    with engines.scheduler() as session:
        import_folder(session, tmp_path, actor_id=None, today=TODAY)
        assert load_sample_profiles(session, tmp_path / "la_profiles", TODAY) == 4
        pupils = session.execute(text("SELECT id, school_id FROM pupils WHERE sen_provision = 'E' ORDER BY id LIMIT 40")).all()
    for one in pupils:
        case_with_step(engines.url, one)
    with engines.scheduler() as session:
        cases = session.scalars(text("SELECT id FROM cases")).all()
        asked = recipients(session, [(case, "la") for case in cases], TODAY)
        assert all(len(found) == 1 for found in asked.values()), "one officer, or the mailbox"
        why = {found[0].why for found in asked.values()}
        assert "officer for surnames A to F" in why and "officer for years 7 to 11" in why and "the mailbox of the SEN team" in why
        assert [one.profile.name for one in la_profiles(session)] == [
            "Eastvale Council",
            "Northmoor Council",
            "Southmere Council",
            "Westbrook Council",
        ]
