"""A school that is far behind: shown in Prefect as counts, told upward, helped, looked at again, decided by the chief executive (policy 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from db.ledger import Actor
from db.models import Person
from flows.escalate_trust_wide import escalate_trust_wide
from tasks.parts import use_parts
from tests.acceptance.people import CEO, HEAD, SEND_LEAD, Household, chief_executive, household
from tests.acceptance.test_plan_consultation import GOVERNOR, with_governor
from tests.acceptance.trust_at_work import Story, TrustAtWork, words

pytestmark = pytest.mark.slow
NOBODY = Household(0, "", "", "nobody@away.example", "")
BEHIND = "the trust helps a school that is behind"


@pytest.fixture
def strict(trust: TrustAtWork) -> Iterator[None]:
    """One breach is enough."""
    parts = trust.office.parts
    use_parts(replace(parts, settings=parts.settings.model_copy(update={"intervention_breaches": 1})))
    yield
    use_parts(parts)


def leaders(trust: TrustAtWork) -> None:
    """The trust's lead and chief executive act in this story, and the school has a board."""
    trust.more["ceo"] = chief_executive(trust.office.village)
    with_governor(trust)
    with trust.office.parts.engines.scheduler() as session:
        lead = session.scalars(select(Person.id).where(Person.email == SEND_LEAD)).one()
    trust.more["lead"] = Actor(lead, frozenset({trust.office.village.school_id}), "console")


def helped(trust: TrustAtWork) -> list[str]:
    """The cases in which the trust helps a school."""
    return [row[0] for row in trust.office.village.rows("SELECT ref FROM cases WHERE ref LIKE 'TI-%%' ORDER BY id")]


def late_advice(trust: TrustAtWork) -> str:
    """A review whose advice was to go round by 21 October and has not: a breach from the 26th."""
    home = household(trust.office.village, "Ivo", date(2016, 3, 1), 5)
    facts = {"reason": "yearly", "year_group": 5, "looked_after": False, "rights_held_by": "parent"}
    review = trust.open("annual_review", home, review_due_on=date(2026, 12, 18), **facts)
    review.records("agree_meeting_date", meeting_on="2026-11-05")
    review.comes("2026-10-26")
    return review.ref


def test_a_school_is_behind_until_the_chief_executive_decides(trust: TrustAtWork, strict: None) -> None:
    leaders(trust)
    trust.begin("2026-09-10")
    review = late_advice(trust)
    escalate_trust_wide()
    (ref,) = helped(trust)
    table = json.loads(trust.office.latest_artifact("trust-week"))
    school = next(row for row in table if row["which"] == "school 900001")
    assert (school["breaches"], school["new breaches today"], school["longest late"]) == (1, 1, f"5 days, {review}")
    assert "Ash" not in json.dumps(table) and "Ivo" not in json.dumps(table)
    story = Story(trust, ref, NOBODY)
    assert story.told(BEHIND) == {HEAD, SEND_LEAD, CEO}
    assert "count as breaches: 1." in words(story.mail(HEAD, BEHIND))
    assert story.due("look_into_it") == "2026-11-02"
    escalate_trust_wide()
    assert helped(trust) == [ref], "one at a time"
    story.records("look_into_it", "help_is_needed", by="lead")
    story.records("agree_plan", by="lead", review_on="2026-11-23")
    story.comes("2026-11-23")
    story.records("look_again", "more_is_needed", by="lead")
    story.records("agree_plan", by="lead", review_on="2026-12-14")
    story.comes("2026-12-14")
    story.records("look_again", "to_the_ceo", by="lead")
    assert "Please decide in the next week" in words(story.mail(CEO, "a decision is needed about a school"))
    story.records("ceo_decides", "staff_are_sent", by="ceo")
    assert story.told("the trust has decided about a school") == {HEAD, SEND_LEAD, GOVERNOR}
    story.has_ended("decided_by_ceo")
    escalate_trust_wide()
    assert helped(trust) == [ref], "what was decided has four weeks to work"
