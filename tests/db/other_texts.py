"""The example's annual review under other texts, for tests of moving a running case from one to another."""

from __future__ import annotations

import shutil
from pathlib import Path

from db.engine import Engines
from db.ledger import Actor, Ledger
from db.models import Membership, School
from rules.definition import Definition
from rules.library import Library
from rules.loader import load_library
from tests.db.builders import staff
from tests.db.ledger_story import EXAMPLE, Village

WEEKS = ("target: 10 weeks before review_due_on", "target: 12 weeks before review_due_on")
OWNER = ("offer_advocate: {title: Offer an advocate, by: senco", "offer_advocate: {title: Offer an advocate, by: headteacher")
ROOM = (
    "  book_room: {title: Book a room, by: headteacher, after: agree_meeting_date, aside: true, until: hold_meeting, "
    "target: 5 weeks before meeting_on, policy: 14, ladder: school_duty, tells: {opened: headteacher}}\n"
)
ROOMS = ("  send_invitations: {title", ROOM + "  send_invitations: {title")
LATER = ("due: 2 clear weeks before meeting_on, law: reg 20(3)", "due: 3 clear weeks before meeting_on, law: reg 20(3)")
STRICTER = ("no_sooner: 6 weeks after agree_meeting_date", "no_sooner: 9 weeks after agree_meeting_date")
NO_ADVOCATE = (
    "  offer_advocate: {title: Offer an advocate, by: senco, after: agree_meeting_date, aside: true, until: hold_meeting, "
    "target: 3 weeks before meeting_on, policy: 14}\n",
    "",
)
ENDS = ("ends: {declined:", "ends: {agreed: {after: agree_meeting_date}, declined:")


def library_with(folder: Path, *edits: tuple[str, str]) -> Library:
    """The example's library after somebody has edited its annual review in a copy of the folder."""
    shutil.copytree(EXAMPLE, folder)
    file = folder / "annual_review.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return load_library(folder)


def text_of(library: Library) -> Definition:
    """Its one text of the annual review."""
    (text,) = library.definitions["annual_review"]
    return text


def trust_lead(engines: Engines, village: Village) -> Actor:
    """The trust's SEND lead, at this village's school."""
    with engines.scheduler() as session:
        at = session.get_one(School, village.school_id)
        person = staff(session, at, "Lead", f"Of{village.school_id}")
        session.add(Membership(person_id=person.id, school_id=at.id, role="trust_send_lead"))
        session.flush()
        return Actor(person.id, frozenset({at.id}), "cli")


def ledger_on(village: Village, library: Library) -> Ledger:
    """A process that has just started, with these files in its folder."""
    return Ledger(village.engines, village.clock, library)
