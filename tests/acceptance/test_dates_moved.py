"""Dates that move while people have them in their diaries: a meeting put off, and a school that closes for two days (issue 6, point 7).

Whoever was told a date that moved is told the new one, once; nobody else hears of it. The village has no term dates to begin with, so its
school days are its working days.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from db.models import SchoolClosure
from tests.acceptance.people import COUNCIL, HEAD, SENCO, household
from tests.acceptance.trust_at_work import TrustAtWork, words

pytestmark = pytest.mark.slow
MOVED = "dates that we told you have moved"


def test_a_meeting_is_put_off_and_who_was_reminded_of_the_old_day_is_told_the_new_one(trust: TrustAtWork) -> None:
    trust.begin("2026-09-21")
    home = household(trust.office.village, "Ida", date(2018, 2, 1), 4)
    facts: dict[str, Any] = {"review_due_on": date(2026, 12, 18), "reason": "yearly", "year_group": 4, "looked_after": False}
    story = trust.open("annual_review", home, **facts, rights_held_by="parent")
    story.records("agree_meeting_date", meeting_on="2026-11-05")
    story.comes("2026-10-14")
    assert "Wednesday 21 October 2026" in words(story.mail(SENCO, "a step is coming up", on="2026-10-14")), "what has been written goes round by then"
    story.corrects("The head is away on the 5th", meeting_on="2026-11-12")
    letter = words(story.mail(SENCO, MOVED))
    assert "now Wednesday 28 October 2026. Before, it was Wednesday 21 October 2026." in letter and "for Ida" not in letter
    assert "This is because “the day of the review meeting” was corrected. Recorded by Senco Ash." in letter and "is away" not in letter
    story.comes("2026-10-22")
    asked = {SENCO, HEAD, home.mother, home.child, *(COUNCIL[role] for role in ("la", "health", "social_care"))}
    assert story.told(MOVED) == asked, "their reminder named the day by which their advice or views were hoped for"
    assert [mail.taken_at[:10] for mail in story.mails(SENCO, "a step is coming up")] == ["2026-10-14", "2026-10-21"], "reminded for the new day"
    assert not story.mails(subject="a step of ours is late") and len(story.mails(SENCO, MOVED)) == 1


def test_two_days_of_closure_move_a_promise_and_the_family_hears_the_new_day(trust: TrustAtWork) -> None:
    trust.begin("2026-11-09")
    home = household(trust.office.village, "Jon", date(2017, 5, 4), 4)
    usual = {"received_on": date(2026, 11, 9), "made": "informally", "about": "provision", "serious_about_provision": False}
    story = trust.open("complaint", home, **usual)
    assert "You hear from us by Monday 23 November 2026." in words(story.mail(home.mother, "we have heard your concern"))
    story.comes("2026-11-16")
    village = trust.office.village
    with village.engines.scheduler() as session:
        session.add(SchoolClosure(school_id=village.school_id, first_on=date(2026, 11, 19), last_on=date(2026, 11, 20), reason="flood"))
    done = trust.office.ledger.redate(village.senco, because="the flood in the hall", schools=[village.school_id])
    assert [one.now_on for one in done if one.case == story.ref for one in one.moved] == [date(2026, 11, 25)]
    letter = words(story.mail(home.mother, MOVED))
    assert "now Wednesday 25 November 2026. Before, it was Monday 23 November 2026." in letter and "Jon" in letter
    assert "because the days on which the school is open have changed" in letter and "flood" not in letter
    assert story.told(MOVED) == {home.mother, HEAD, SENCO} and "Recorded by Senco Ash." in words(story.mail(HEAD, MOVED))
    assert (story.history()[-1].kind, story.history()[-1].words) == ("redate", {"because": "the flood in the hall"})
    story.comes("2026-11-18")
    assert len(story.mails(home.mother, MOVED)) == 1
    story.comes("2026-11-24")
    assert not story.mails(SENCO, "is late"), "the ladder runs to the new day"
    assert trust.office.ledger.verify(story.ref) == []
