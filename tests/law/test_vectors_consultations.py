"""The rows of `vectors.csv` that a decision to cease and a plan that names us come under, through these processes.

Two months of appeal run from the decision to cease as from any other; the first review of an admitted pupil is due within twelve months starting with
the day of the plan. The fifteen days of a consultation stand in no vector: the Code counts them and nobody publishes an example that we found.
"""

from __future__ import annotations

from datetime import date

import pytest

from rules.calendar import england
from rules.due import DueDate, due_date
from rules.loader import load_library
from rules.owed import standing_right
from rules.periods import parse_rule
from tasks.does import NEXT_REVIEW
from tests.law.rows import BY_ID
from tests.rules.case_story import HEAD, LA_OFFICER, Story


@pytest.mark.parametrize("row", ["appeal-1", "read-8"])
def test_the_last_day_to_appeal_against_ceasing(row: str) -> None:
    sent = BY_ID[row]["event_date"]
    definition = load_library().definitions["cease_consultation"][0]
    story = Story(definition, sent, consultation_received_on=sent, in_education=True, rights_held_by="parent")
    story.decide("la_decides", sent, "ceases", actor=LA_OFFICER, decision_on=sent)
    right = standing_right(definition, story.position, england())
    assert right is not None and right.last_day is not None
    assert right.last_day.on.isoformat() == BY_ID[row]["expected_deadline"]


def test_the_first_review_of_an_admitted_pupil() -> None:
    made = BY_ID["read-4"]["event_date"]
    definition = load_library().definitions["admission_of_named_pupil"][0]
    story = Story(definition, made, decision_on=made, last_reviewed_on=made, on_roll=True, medical_condition=False, rights_held_by="parent")
    story.decide("admit", made, actor=HEAD, admitted_on=made)
    assert definition.steps["diary_first_review"].does == "diary_review"
    known = {name: value for name, value in story.position.facts.items() if isinstance(value, date)}
    due = due_date(parse_rule(NEXT_REVIEW), known.get, opened_on=None, calendar=england())
    assert isinstance(due, DueDate) and due.on.isoformat() == BY_ID["read-4"]["expected_deadline"]
