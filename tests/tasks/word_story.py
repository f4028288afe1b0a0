"""A council with one officer who names a day for what they owe: what the tests of words given stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

from db.la_profile.load import load_profile
from db.la_profile.read_profile import read_profile
from tests.databases import TestServer
from tests.db.la_story import pupil_with_plan, reviewed
from tests.db.ledger_story import day
from tests.tasks.morning_post import LIBRARY, MorningPost, post_of_its_own
from tests.tasks.test_la_lists import HEAD_OF_SERVICE, MAILBOX, MANAGER

TERMS = (("Autumn", date(2026, 9, 3), date(2026, 12, 18)), ("Spring", date(2027, 1, 5), date(2027, 3, 25)))
OFFICER, NEW_OFFICER = "officer@testshire.example", "officer@newshire.example"
PROFILE = f"""\
la: "001"
name: Testshire
mailbox: {MAILBOX}
officers:
  - {{name: Ana Officer, email: {OFFICER}}}
escalation:
  manager: {{name: Sam Manager, email: {MANAGER}}}
  head_of_service: {{name: Hal Head, email: {HEAD_OF_SERVICE}}}
"""


@contextmanager
def post_of_one_officer(postgres: TestServer, folder: Path) -> Iterator[MorningPost]:
    """A school whose council has one officer, with a manager and a head of service above them."""
    with post_of_its_own(postgres, folder, TERMS) as opened:
        with opened.parts.engines.scheduler() as session:
            load_profile(session, read_profile(PROFILE, "testshire.yaml", LIBRARY), "testshire.yaml", by=None)
        opened.is_now("2026-12-02")
        yield opened


def review(post: MorningPost, surname: str, meeting_on: str = "2026-11-05", review_due_on: date = date(2026, 12, 18)) -> str:
    """A review whose meeting was held: the LA's four weeks of 5 November end on 3 December."""
    return reviewed(post.village, pupil_with_plan(post.village, "Ada", surname), meeting_on=meeting_on, review_due_on=review_due_on)


def says(post: MorningPost, case: str, until: str) -> None:
    """The officer rang, and the SENCO records what they said."""
    ash = post.village
    ash.ledger.say(ash.senco, key=uuid4(), case=case, step="la_decision", word="will_be_by", until=day(until), on=post.clock.today())
