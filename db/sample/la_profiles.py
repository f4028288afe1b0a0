"""Profiles of the sample trust's LAs: each is organised in another way, as real ones are. All people are made up."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

from sqlalchemy.orm import Session

from db.la_profile.load import load_profile
from db.la_profile.profile import Area, Contact, Destination, LaProfile, LeadTime, Officer, Panel
from db.la_profile.profile_text import profile_text
from db.la_profile.read_profile import read_profile
from db.sample import people
from db.sample.names import COUNCILS
from db.sample.school_years import school_year_of

_BY_LETTERS = (Area(surnames=("A", "F")), Area(surnames=("G", "M")), Area(surnames=("N", "S")), Area(surnames=("T", "Z")))
_BY_PHASE = (Area(years=(0, 6)), Area(years=(7, 11)))
_BY_SCHOOL = (Area(schools=("990003",)), Area(schools=("990007",)), Area())
_AREAS = {"901": _BY_LETTERS, "902": _BY_PHASE, "903": _BY_SCHOOL, "904": ()}  # 904: a mailbox, and nobody by name
_LEAD_TIMES = (
    LeadTime("annual_review", "circulate_advice", "15 working days before meeting_on", "The SEN team sends its own papers round with ours."),
    LeadTime("annual_review", "send_report", "5 working days after meeting_on", "The officer writes the draft amendments from the report."),
    LeadTime("plan_consultation", "decide_answer", panel="Placement panel"),
)


def write_sample_profiles(folder: Path, today: date) -> list[Path]:
    """Write one profile an LA into `folder`. The same day gives the same files to the byte."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for code, name in COUNCILS:
        file = folder / f"la_profile_{code}.yaml"
        file.write_text(profile_text(_profile(code, name, today)), encoding="utf-8")
        made.append(file)
    return made


def load_sample_profiles(session: Session, folder: Path, today: date) -> int:
    """Write them and put them in force (scheduler); how many. Nobody is named as who did it."""
    files = write_sample_profiles(folder, today)
    for file in files:
        load_profile(session, read_profile(file.read_text(encoding="utf-8"), file.name), file.name, by=None)
    return len(files)


def _profile(code: str, name: str, today: date) -> LaProfile:
    random = Random(f"profile {code}")  # noqa: S311  sample data, nothing secret
    host = f"{name.split()[0].casefold()}.example.org"
    began = date(school_year_of(today), 9, 1)
    officers = tuple(Officer(_somebody(random, host, began), area) for area in _AREAS[code])
    return LaProfile(
        code=code, name=name, mailbox=f"sen@{host}", phone=f"01632 960{random.randrange(1000):03d}", checked_on=began, officers=officers,
        escalation=(("manager", _somebody(random, host)), ("head_of_service", _somebody(random, host)), ("director", _somebody(random, host))),
        lead_times=_LEAD_TIMES if code in ("901", "902") else (),
        panels=(Panel("Placement panel", tuple(began + timedelta(weeks=week) for week in range(3, 40, 4)), "1 week"),) if code != "904" else (),
        send=(
            Destination("annual_review", "send_report", f"annual.reviews@{host}", "One file a pupil."),
            Destination("ehc_needs_assessment", "send_request", f"https://portal.{host}/requests", "Sign in with the school's account."),
        ) if code == "901" else (),
    )  # fmt: skip


def _somebody(random: Random, host: str, from_on: date | None = None) -> Contact:
    forename, surname = people.person(random)
    letters = "".join(c for c in f"{forename}.{surname}".casefold().replace("ñ", "n") if c.isascii() and (c.isalpha() or c == "."))
    return Contact(f"{forename} {surname}", f"{letters}@{host}", from_on=from_on)
