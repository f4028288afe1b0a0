"""The trust changes a date of its own while a review runs: the case is moved to the new text, goes on in Prefect, and is moved back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from tests.acceptance.people import household
from tests.acceptance.trust_at_work import TrustAtWork
from tests.db.other_texts import trust_lead
from tests.faults.test_operators_definition import edited_trust, opened

pytestmark = pytest.mark.slow


def test_a_running_review_follows_the_new_text_and_comes_back(trust: TrustAtWork, tmp_path: Path) -> None:
    trust.begin("2026-09-11")
    story = opened(trust, household(trust.office.village, "Uma", date(2016, 1, 9), 5))
    before = story.artifact
    assert "Agree the date of the meeting" in before and story.due("agree_meeting_date") == "2026-10-09"
    new = edited_trust(trust, tmp_path).office.parts.library.definitions["annual_review"][0]
    ledger, lead = trust.office.ledger, trust_lead(trust.office.parts.engines, trust.office.village)

    ledger.move_to_text(lead, key=uuid4(), case=story.ref, to=new, because="twelve weeks from now on")
    assert "Agree the day and the place of the meeting" in story.artifact and story.due("agree_meeting_date") == "2026-09-25"
    assert story.state == "Waiting for the SENCO" and not story.mails(), "a move by itself tells nobody"

    ledger.move_to_text(lead, key=uuid4(), case=story.ref, undo=True, because="ten weeks again")
    assert story.artifact == before and story.due("agree_meeting_date") == "2026-10-09"

    ledger.move_to_text(lead, key=uuid4(), case=story.ref, to=new, because="twelve weeks after all")
    story.comes("2026-09-20")
    story.records("agree_meeting_date", meeting_on="2026-11-05")
    assert story.told("the day of the review meeting") and "send_invitations" not in story.open_steps
    story.interrupts("opened_in_error", "The story is told")
    story.has_ended("opened_in_error")
    assert [entry.kind for entry in story.history()].count("definition_changed") == 3 and ledger.verify(story.ref) == []
